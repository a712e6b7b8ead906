-- Calls that look the caller up in many ways: by EXISTS, PERFORM and FOUND, INTO STRICT, and the WHERE itself.
create table public.workspaces (id uuid primary key default gen_random_uuid(), title text not null, created_at timestamptz default now());
create table public.workspace_members (workspace_id uuid references public.workspaces on delete cascade, user_id uuid references auth.users on delete cascade, role text not null default 'viewer' check (role in ('owner','editor','viewer')), primary key (workspace_id, user_id));
create index on public.workspace_members (user_id);
create table public.documents (id uuid primary key default gen_random_uuid(), workspace_id uuid not null references public.workspaces on delete cascade, body text, archived boolean not null default false);
create index on public.documents (workspace_id);
alter table public.workspaces enable row level security;
alter table public.workspace_members enable row level security;
alter table public.documents enable row level security;
create policy "own memberships" on public.workspace_members for select to authenticated using (user_id = (select auth.uid()));
create policy "ws" on public.workspaces for select to authenticated using (id in (select workspace_id from public.workspace_members where user_id = (select auth.uid())));
create policy "docs" on public.documents for select to authenticated using (workspace_id in (select workspace_id from public.workspace_members where user_id = (select auth.uid())));
create function public.archive_document(p_id uuid) returns void language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select 1 from public.documents d join public.workspace_members m on m.workspace_id = d.workspace_id
     where d.id = p_id and m.user_id = auth.uid() and m.role in ('owner','editor')) then
    raise exception 'forbidden' using errcode = '42501';
  end if;
  update public.documents set archived = true where id = p_id;
end $$;
create function public.rename_workspace(p_ws uuid, p_title text) returns public.workspaces language plpgsql security definer set search_path = '' as $$
declare r public.workspaces;
begin
  perform 1 from public.workspace_members where workspace_id = p_ws and user_id = auth.uid() and role = 'owner';
  if not found then raise exception 'only the owner can rename'; end if;
  update public.workspaces set title = p_title where id = p_ws returning * into r;
  return r;
end $$;
create function public.delete_workspace(p_ws uuid) returns void language plpgsql security definer set search_path = '' as $$
declare v_role text;
begin
  select role into strict v_role from public.workspace_members where workspace_id = p_ws and user_id = auth.uid();
  if v_role <> 'owner' then raise exception 'no'; end if;
  delete from public.workspaces where id = p_ws;
exception when no_data_found then
  raise exception 'not a member';
end $$;
create function public.create_workspace(p_title text) returns uuid language plpgsql security definer set search_path = '' as $$
declare v_id uuid := gen_random_uuid(); v_me uuid := auth.uid();
begin
  if v_me is null then raise exception 'login first'; end if;
  insert into public.workspaces (id, title) values (v_id, p_title);
  insert into public.workspace_members (workspace_id, user_id, role) values (v_id, v_me, 'owner');
  return v_id;
end $$;
create function public.leave_workspace(p_ws uuid) returns void language sql security definer set search_path = '' as $$
  delete from public.workspace_members where workspace_id = p_ws and user_id = (select auth.uid()) and role <> 'owner';
$$;
revoke execute on all functions in schema public from public, anon;
grant execute on all functions in schema public to authenticated;
grant usage on schema public to anon, authenticated, service_role;
grant all on all tables in schema public to service_role;
grant select, insert, update, delete on all tables in schema public to anon, authenticated;
grant usage, select on all sequences in schema public to anon, authenticated;
