-- role-from-user-metadata
create table cms_users (id uuid primary key references auth.users, role text not null default 'reader' check (role in
    ('reader','author','editor','admin')), name text);
create table pages (id uuid primary key default gen_random_uuid(), author uuid references cms_users, title text, body
    text, is_published boolean not null default false);
create index on pages(author);
alter table cms_users enable row level security; alter table pages enable row level security;
create or replace function cms_role() returns text language sql stable security definer set search_path = '' as $$
    select u.role from public.cms_users u where u.id = (select auth.uid()) $$;
create policy u_self on cms_users for select to authenticated using (id = (select auth.uid()) or (select cms_role())
    = 'admin');
create policy u_admin on cms_users for update to authenticated using ((select cms_role()) = 'admin') with check
    ((select cms_role()) = 'admin');
create policy u_name on cms_users for update to authenticated using (id = (select auth.uid())) with check (id =
    (select auth.uid()) and role = (select cms_role()));
create policy p_pub on pages for select to anon, authenticated using (is_published);
create policy p_own on pages for select to authenticated using (author = (select auth.uid()) or (select cms_role())
    in ('editor','admin'));
create policy p_ins on pages for insert to authenticated with check ((select cms_role()) in
    ('author','editor','admin') and author = (select auth.uid()));
create policy p_upd on pages for update to authenticated using ((author = (select auth.uid()) and (select cms_role())
    = 'author') or (select cms_role()) in ('editor','admin')) with check ((author = (select auth.uid()) and (select
    cms_role()) = 'author') or (select cms_role()) in ('editor','admin'));
create policy p_del on pages for delete to authenticated using ((select cms_role()) = 'admin');
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
grant execute on function cms_role() to authenticated;

create function handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$
declare r text := new.raw_user_meta_data ->> 'role';
begin
  insert into public.cms_users (id, role, name) values (new.id, coalesce(r, 'reader'), new.raw_user_meta_data ->>
    'name');
  return new;
end $$;
create trigger on_auth_user_created after insert on auth.users for each row execute function handle_new_user();
