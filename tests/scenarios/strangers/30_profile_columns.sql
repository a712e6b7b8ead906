-- about: public.members
create table members (id uuid primary key references auth.users, display_name text, is_admin boolean not null default false);
alter table members enable row level security;
create policy "read own" on members for select to authenticated using (id = auth.uid());
create policy "edit own" on members for update to authenticated using (id = auth.uid()) with check (id = auth.uid());
create table flags (id bigserial primary key, reason text not null);
alter table flags enable row level security;
create policy "admins" on flags for all to authenticated using (exists (select 1 from members m where m.id = auth.uid() and m.is_admin)) with check (exists (select 1 from members m where m.id = auth.uid() and m.is_admin));
-- @leak: the flag that makes an administrator is a column users may change
grant update on members to authenticated;
-- @sound
revoke update, insert on members from authenticated, anon; grant update (display_name) on members to authenticated;
