-- about: public.boards
create table boards (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, acl jsonb not null default '{}');
alter table boards enable row level security;
-- @leak: an empty list of permissions is contained in every other
create policy "read" on boards for select to authenticated using (owner_id = auth.uid() or acl @> '{}'::jsonb);
-- @sound
create policy "read" on boards for select to authenticated using (owner_id = auth.uid() or acl ? (auth.uid())::text);
