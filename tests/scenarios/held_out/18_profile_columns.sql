-- about: public.
-- Profiles that everybody sees, and that their owners edit; `is_staff` opens the tickets.
create table profiles (id uuid primary key references auth.users(id), nickname text, avatar_url text, is_staff boolean not null default false);
create table tickets (id uuid primary key default gen_random_uuid(), opened_by uuid not null references auth.users(id), subject text, details text);
alter table profiles enable row level security; alter table tickets enable row level security;
create policy seen on profiles for select using (true);
create policy edit on profiles for update to authenticated using (id = auth.uid()) with check (id = auth.uid());
create policy own on tickets for select to authenticated using (opened_by = auth.uid());
create policy staff on tickets for select to authenticated using (exists (select 1 from profiles p where p.id = auth.uid() and p.is_staff));
-- @leak: all columns may be written
select 1;
-- @sound
revoke update on profiles from anon, authenticated;
grant update (nickname, avatar_url) on profiles to authenticated;
