-- about: public.invitations
-- Workspaces with invitations by e-mail that admins send.
create table public.workspaces (id uuid primary key default gen_random_uuid(), name text not null, created_by uuid not null references auth.users(id));
create type public.ws_role as enum ('admin','editor','viewer');
create table public.workspace_users (workspace_id uuid references public.workspaces(id) on delete cascade, user_id uuid references auth.users(id) on delete cascade, role public.ws_role not null default 'viewer', primary key (workspace_id, user_id));
create table public.invitations (id uuid primary key default gen_random_uuid(), workspace_id uuid not null references public.workspaces(id) on delete cascade, email text not null, role public.ws_role not null default 'viewer', token text not null default encode(gen_random_bytes(16),'hex'), accepted_at timestamptz);
alter table public.workspaces enable row level security; alter table public.workspace_users enable row level security; alter table public.invitations enable row level security;
create function public.ws_role_of(ws uuid) returns public.ws_role language sql stable security definer set search_path = public as $$ select role from public.workspace_users where workspace_id = ws and user_id = auth.uid() $$;
create policy a on public.workspaces for select to authenticated using (public.ws_role_of(id) is not null);
create policy b on public.workspace_users for select to authenticated using (public.ws_role_of(workspace_id) is not null);
create policy c on public.invitations for insert to authenticated with check (public.ws_role_of(workspace_id) = 'admin');
create policy d on public.invitations for delete to authenticated using (public.ws_role_of(workspace_id) = 'admin');
-- @leak: the addressee's branch compares nothing of the row
create policy e on public.invitations for select to authenticated using (public.ws_role_of(workspace_id) = 'admin' or (auth.jwt() ->> 'email') is not null and accepted_at is null);
-- @sound
create policy e on public.invitations for select to authenticated using (public.ws_role_of(workspace_id) = 'admin' or (auth.jwt() ->> 'email') = email and accepted_at is null);
