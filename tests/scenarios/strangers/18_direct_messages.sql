-- about: public.dms
create table dms (id bigserial primary key, sender uuid not null default auth.uid() references auth.users, receiver uuid not null references auth.users, body text not null, seen boolean not null default false);
alter table dms enable row level security;
create policy "read" on dms for select to authenticated using ((select auth.uid()) in (sender, receiver));
-- @leak: anybody writes in anybody's name
create policy "send" on dms for insert to authenticated with check (sender is not null);
-- @sound
create policy "send" on dms for insert to authenticated with check (sender = (select auth.uid()));
