-- definer-function
create table workspaces (id uuid primary key default gen_random_uuid(), name text not null, created_by uuid not null
    references auth.users);
create table workspace_users (workspace_id uuid not null references workspaces on delete cascade, user_id uuid not
    null references auth.users on delete cascade, role text not null default 'member' check (role in
    ('owner','admin','member')), primary key (workspace_id, user_id));
create table tasks (id uuid primary key default gen_random_uuid(), workspace_id uuid not null references workspaces
    on delete cascade, title text, assignee uuid references auth.users, position int);
create index on workspace_users (user_id); create index on tasks(workspace_id); create index on tasks(assignee);
alter table workspaces enable row level security; alter table workspace_users enable row level security; alter table
    tasks enable row level security;
create function public.is_workspace_member(_workspace_id uuid, _user_id uuid default auth.uid()) returns boolean
    language sql stable security definer set search_path = public as $$
  select exists (select 1 from workspace_users where workspace_id = _workspace_id and user_id = _user_id)
$$;
create function public.workspace_role(_workspace_id uuid) returns text language plpgsql stable security definer set
    search_path = public as $$
declare _role text;
begin
  select wu.role into _role from workspace_users wu where wu.workspace_id = _workspace_id and wu.user_id = auth.uid();
  return _role;
end $$;
create policy w_sel on workspaces for select to authenticated using (is_workspace_member(id));
create policy w_upd on workspaces for update to authenticated using (workspace_role(id) in ('owner','admin')) with
    check (workspace_role(id) in ('owner','admin'));
create policy wu_sel on workspace_users for select to authenticated using (is_workspace_member(workspace_id));
create policy wu_del on workspace_users for delete to authenticated using (workspace_role(workspace_id) = 'owner' or
    user_id = auth.uid());
create policy t_all on tasks for all to authenticated using (is_workspace_member(workspace_id)) with check
    (is_workspace_member(workspace_id));
create function public.create_workspace(p_name text) returns workspaces language plpgsql security definer set
    search_path = public as $$
declare
  v_uid uuid := auth.uid();
  v_ws workspaces;
begin
  if v_uid is null then
    raise exception 'Not authenticated' using errcode = '28000';
  end if;
  insert into workspaces (name, created_by) values (trim(p_name), v_uid) returning * into v_ws;
  insert into workspace_users (workspace_id, user_id, role) values (v_ws.id, v_uid, 'owner');
  return v_ws;
end $$;
create function public.invite_member(p_workspace uuid, p_email text, p_role text default 'member') returns void
    language plpgsql security definer set search_path = public as $$
declare v_target uuid;
begin
  if workspace_role(p_workspace) is distinct from 'owner' and workspace_role(p_workspace) is distinct from 'admin' then
    raise exception 'forbidden';
  end if;
  select id into v_target from auth.users where email = lower(p_email);
  if v_target is null then raise exception 'no such user'; end if;
  insert into workspace_users (workspace_id, user_id, role) values (p_workspace, v_target, p_role) on conflict do
    nothing;
end $$;
create function public.transfer_ownership(p_workspace uuid, p_to uuid) returns void language plpgsql security definer
    set search_path = public as $$
begin
  perform 1 from workspace_users where workspace_id = p_workspace and user_id = auth.uid() and role = 'owner';
  if not found then
    raise exception 'only the owner may do this';
  end if;
  update workspace_users set role = 'admin' where workspace_id = p_workspace and user_id = auth.uid();
  update workspace_users set role = 'owner' where workspace_id = p_workspace and user_id = p_to;
end $$;
create function public.workspace_stats(p_workspace uuid) returns table (members bigint, open_tasks bigint) language
    plpgsql stable security definer set search_path = public as $$
begin
  if not is_workspace_member(p_workspace) then
    raise exception 'forbidden';
  end if;
  return query
    select (select count(*) from workspace_users wu where wu.workspace_id = p_workspace),
           (select count(*) from tasks t where t.workspace_id = p_workspace);
end $$;
create function public.my_workspaces() returns setof workspaces language sql stable security definer set search_path
    = public as $$
  select w.* from workspaces w join workspace_users wu on wu.workspace_id = w.id where wu.user_id = auth.uid() order
    by w.name
$$;
create function public.reorder_tasks(p_workspace uuid, p_ids uuid[]) returns void language plpgsql security definer
    set search_path = public as $$
declare i int;
begin
  if not exists (select 1 from workspace_users where workspace_id = p_workspace and user_id = (select auth.uid())) then
    return;
  end if;
  for i in 1 .. coalesce(array_length(p_ids, 1), 0) loop
    update tasks set position = i where id = p_ids[i] and workspace_id = p_workspace;
  end loop;
end $$;
create function public.search_tasks(q text) returns setof tasks language plpgsql stable security definer set
    search_path = public as $$
declare ids uuid[];
begin
  ids := array(select workspace_id from workspace_users where user_id = auth.uid());
  return query select t.* from tasks t where t.workspace_id = any (ids) and t.title ilike '%' || q || '%';
end $$;
create function public.assigned_to_me() returns table (id uuid, title text) language sql stable security definer set
    search_path = public as $$
  with me as (select auth.uid() as uid)
  select t.id, t.title from tasks t, me where t.assignee = me.uid
$$;
create function public.delete_workspace(p uuid) returns boolean language plpgsql security definer set search_path =
    public as $$
declare n int;
begin
  delete from workspaces w using workspace_users wu where w.id = p and wu.workspace_id = w.id and wu.user_id =
    auth.uid() and wu.role = 'owner';
  get diagnostics n = row_count;
  return n > 0;
end $$;
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO anon, authenticated;

create or replace function public.transfer_ownership(p_workspace uuid, p_to uuid) returns void language plpgsql
    security definer set search_path = public as $$
declare r text;
begin
  select role into r from workspace_users where workspace_id = p_workspace and user_id = auth.uid();
  if r <> 'owner' then raise exception 'only owners'; end if;
  update workspace_users set role = 'owner' where workspace_id = p_workspace and user_id = p_to;
end $$;
