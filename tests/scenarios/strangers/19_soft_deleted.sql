-- about: public.notes
create table notes (id bigserial primary key, owner uuid not null default auth.uid() references auth.users, body text, deleted_at timestamptz);
alter table notes enable row level security;
-- @leak: precedence: deleted rows or own rows
create policy "read" on notes for select to authenticated using (owner = auth.uid() and deleted_at is null or deleted_at > now() - interval '30 days');
-- @sound
create policy "read" on notes for select to authenticated using (owner = auth.uid() and (deleted_at is null or deleted_at > now() - interval '30 days'));
