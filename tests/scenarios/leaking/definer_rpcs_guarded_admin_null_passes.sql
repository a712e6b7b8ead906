-- definer-function
create table teams (id uuid primary key default gen_random_uuid(), name text, owner_id uuid not null default
    auth.uid());
create table team_members (team_id uuid references teams on delete cascade, user_id uuid references auth.users, role
    text not null default 'viewer', primary key (team_id, user_id));
create index on team_members(user_id);
create index on teams (owner_id);
alter table teams enable row level security; alter table team_members enable row level security;
create policy t_own on teams for all to authenticated using (owner_id = (select auth.uid())) with check (owner_id =
    (select auth.uid()));
create policy m_own on team_members for select to authenticated using (user_id = (select auth.uid()));
create function assert_owner(t uuid) returns void language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (select 1 from public.teams where id = t and owner_id = auth.uid()) then raise exception 'forbidden'
    using errcode = '42501'; end if;
end $$;
create function add_member(t uuid, u uuid) returns void language plpgsql security definer set search_path = '' as $$
begin
  perform public.assert_owner(t);
  insert into public.team_members (team_id, user_id) values (t, u);
end $$;
create function list_members(t uuid) returns table (user_id uuid, role text) language plpgsql stable security definer
    set search_path = '' as $$
begin
  if not exists (select 1 from public.team_members m where m.team_id = t and m.user_id = auth.uid()) then
    raise exception 'not a member';
  end if;
  return query select m.user_id, m.role from public.team_members m where m.team_id = t;
end $$;
create function leave_team(t uuid) returns void language sql security definer set search_path = '' as $$ delete from
    public.team_members where team_id = t and user_id = (select auth.uid()) $$;
create function admin_delete_team(t uuid) returns void language plpgsql security definer set search_path = '' as $$
begin
  if coalesce(auth.jwt() -> 'app_metadata' ->> 'role', '') <> 'admin' then raise exception 'admins only'; end if;
  delete from public.teams where id = t;
end $$;
create function my_role(t uuid) returns text language sql stable security definer set search_path = '' as $$ select
    role from public.team_members where team_id = t and user_id = auth.uid() $$;
create function username_taken(n text) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.teams where name = n) $$;
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO anon, authenticated;

create or replace function admin_delete_team(t uuid) returns void language plpgsql security definer set search_path =
    '' as $$
begin
  if auth.jwt() -> 'app_metadata' ->> 'role' <> 'admin' then raise exception 'admins only'; end if;
  delete from public.teams where id = t;
end $$;
