-- Who knows the code of a group joins it.
create table groups (id uuid primary key default gen_random_uuid(), name text, join_code text not null unique default
    substr(md5(random()::text), 1, 8));
create table group_members (group_id uuid references groups on delete cascade, user_id uuid references auth.users on
    delete cascade, is_admin boolean not null default false, primary key (group_id, user_id));
create table expenses (id uuid primary key default gen_random_uuid(), group_id uuid not null references groups on
    delete cascade, paid_by uuid not null references auth.users, amount numeric);
create index on group_members(user_id); create index on expenses(group_id); create index on expenses(paid_by);
alter table groups enable row level security; alter table group_members enable row level security; alter table
    expenses enable row level security;
create schema if not exists private; grant usage on schema private to authenticated;
create function private.my_groups() returns setof uuid language sql stable security definer set search_path = '' as
    $$ select group_id from public.group_members where user_id = (select auth.uid()) $$;
create function private.my_admin_groups() returns setof uuid language sql stable security definer set search_path =
    '' as $$ select group_id from public.group_members where user_id = (select auth.uid()) and is_admin $$;
create policy s on groups for select to authenticated using (id in (select private.my_groups()));
create policy s on group_members for select to authenticated using (group_id in (select private.my_groups()));
create policy d on group_members for delete to authenticated using (user_id = (select auth.uid()) or group_id in
    (select private.my_admin_groups()));
create policy a on expenses for all to authenticated using (group_id in (select private.my_groups())) with check
    (group_id in (select private.my_groups()) and paid_by in (select user_id from group_members gm where gm.group_id
    = expenses.group_id));
create function public.join_group(code text) returns uuid language plpgsql security definer set search_path = '' as $$
declare gid uuid;
begin
  select id into gid from public.groups where join_code = upper(code);
  if gid is null then raise exception 'invalid code'; end if;
  insert into public.group_members (group_id, user_id) values (gid, auth.uid()) on conflict do nothing;
  return gid;
end $$;
create function public.new_group(name text) returns uuid language sql security definer set search_path = '' as $$
  with g as (insert into public.groups (name) values (new_group.name) returning id)
  insert into public.group_members (group_id, user_id, is_admin) select g.id, auth.uid(), true from g returning group_id
$$;
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO anon, authenticated;
