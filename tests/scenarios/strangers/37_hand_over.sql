-- about: public.devices
create table devices (id uuid primary key default gen_random_uuid(), owner uuid not null references auth.users, name text);
alter table devices enable row level security;
create policy "own" on devices for select to authenticated using (owner = auth.uid());
-- @leak: the new row is not checked
create policy "rename" on devices for update to authenticated using (owner = auth.uid()) with check (true);
-- @sound
create policy "rename" on devices for update to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
