-- about: public.tickets
create table tickets (id bigserial primary key, requester uuid not null default auth.uid() references auth.users, subject text not null);
alter table tickets enable row level security;
-- @leak: an unanchored pattern
create policy "read" on tickets for select to authenticated using (requester = auth.uid() or (auth.jwt() ->> 'email') like '%');
-- @sound
create policy "read" on tickets for select to authenticated using (requester = auth.uid() or (auth.jwt() -> 'app_metadata' ->> 'role') = 'support');
