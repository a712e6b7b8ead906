-- about: public.settings
create table admins (user_id uuid primary key references auth.users);
create table settings (name text primary key, value text);
alter table admins enable row level security; alter table settings enable row level security;
-- @leak: the function says true when it fails
create function is_admin() returns boolean language plpgsql stable security definer set search_path = '' as $$ begin perform 1 from public.admins where user_id = auth.uid(); return true; end $$;
create policy "admins" on settings for all to authenticated using (is_admin()) with check (is_admin());
-- @sound
create function is_admin() returns boolean language plpgsql stable security definer set search_path = '' as $$ begin perform 1 from public.admins where user_id = auth.uid(); return found; end $$;
create policy "admins" on settings for all to authenticated using (is_admin()) with check (is_admin());
