-- about: public.handle_new_user
create table user_profiles (id uuid primary key references auth.users on delete cascade, full_name text, role text not null default 'user');
create table secrets_of_admins (id bigserial primary key, body text);
alter table user_profiles enable row level security; alter table secrets_of_admins enable row level security;
create policy "own" on user_profiles for select to authenticated using (id = auth.uid());
create policy "admins" on secrets_of_admins for select to authenticated using (exists (select 1 from user_profiles p where p.id = auth.uid() and p.role = 'admin'));
-- @leak: the role comes from what the new user sends
create function handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$ begin insert into public.user_profiles (id, full_name, role) values (new.id, new.raw_user_meta_data ->> 'full_name', coalesce(new.raw_user_meta_data ->> 'role', 'user')); return new; end $$;
create trigger on_auth_user_created after insert on auth.users for each row execute function handle_new_user();
-- @sound
create function handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$ begin insert into public.user_profiles (id, full_name) values (new.id, new.raw_user_meta_data ->> 'full_name'); return new; end $$;
create trigger on_auth_user_created after insert on auth.users for each row execute function handle_new_user();
