-- ambiguous-column-in-subquery
create type public.org_role as enum ('owner','admin','member');
create table public.organizations (id uuid primary key default gen_random_uuid(), name text not null, slug text
    unique, created_at timestamptz default now());
create table public.memberships (id uuid primary key default gen_random_uuid(), organization_id uuid not null
    references public.organizations on delete cascade, user_id uuid not null references auth.users on delete cascade,
    role public.org_role not null default 'member', unique (organization_id, user_id));
create table public.invitations (id uuid primary key default gen_random_uuid(), organization_id uuid not null
    references public.organizations on delete cascade, email text not null, token text not null unique default
    encode(gen_random_bytes(16),'hex'), role public.org_role not null default 'member', expires_at timestamptz not
    null default now() + interval '7 days', invited_by uuid references auth.users);
create table public.projects (id uuid primary key default gen_random_uuid(), organization_id uuid not null references
    public.organizations on delete cascade, name text not null);
create index on public.memberships (user_id); create index on public.projects (organization_id); create index on
    public.invitations (organization_id);
alter table public.organizations enable row level security;
alter table public.memberships enable row level security;
alter table public.invitations enable row level security;
alter table public.projects enable row level security;
create schema if not exists kit;
grant usage on schema kit to authenticated;
create function kit.is_member(org uuid) returns boolean language sql stable security definer set search_path = '' as $$
  select exists (select 1 from public.memberships m where m.organization_id = org and m.user_id = (select auth.uid()));
$$;
create function kit.has_role(org uuid, variadic roles public.org_role[]) returns boolean language sql stable security
    definer set search_path = '' as $$
  select exists (select 1 from public.memberships m where m.organization_id = org and m.user_id = (select auth.uid())
    and m.role = any (roles));
$$;
revoke all on function kit.is_member(uuid) from public; grant execute on function kit.is_member(uuid) to authenticated;
revoke all on function kit.has_role(uuid, public.org_role[]) from public; grant execute on function
    kit.has_role(uuid, public.org_role[]) to authenticated;
create policy org_read on public.organizations for select to authenticated using (kit.is_member(id));
create policy org_update on public.organizations for update to authenticated using (kit.has_role(id, 'owner',
    'admin')) with check (kit.has_role(id, 'owner', 'admin'));
create policy m_read on public.memberships for select to authenticated using (user_id = (select auth.uid()) or
    kit.is_member(organization_id));
create policy m_insert on public.memberships for insert to authenticated with check (kit.has_role(organization_id,
    'owner'));
create policy m_update on public.memberships for update to authenticated using (kit.has_role(organization_id,
    'owner')) with check (kit.has_role(organization_id, 'owner'));
create policy m_delete on public.memberships for delete to authenticated using (user_id = (select auth.uid()) or
    kit.has_role(organization_id, 'owner', 'admin'));
create policy i_all on public.invitations for all to authenticated using (kit.has_role(organization_id, 'owner',
    'admin')) with check (kit.has_role(organization_id, 'owner', 'admin'));
create policy p_read on public.projects for select to authenticated using (kit.is_member(organization_id));
create policy p_write on public.projects for insert to authenticated with check (kit.is_member(organization_id));
create policy p_update on public.projects for update to authenticated using (kit.is_member(organization_id)) with
    check (kit.is_member(organization_id));
create policy p_delete on public.projects for delete to authenticated using (kit.has_role(organization_id, 'owner',
    'admin'));
create function public.create_organization(name text, slug text) returns uuid language plpgsql security definer set
    search_path = '' as $$
declare new_id uuid;
begin
  if auth.uid() is null then raise exception 'not signed in'; end if;
  insert into public.organizations (name, slug) values (create_organization.name, create_organization.slug) returning
    id into new_id;
  insert into public.memberships (organization_id, user_id, role) values (new_id, auth.uid(), 'owner');
  return new_id;
end $$;
create function public.accept_invitation(invite_token text) returns uuid language plpgsql security definer set
    search_path = '' as $$
declare inv public.invitations;
begin
  select * into inv from public.invitations i where i.token = invite_token and i.expires_at > now() and i.email =
    auth.email();
  if inv is null then raise exception 'invalid'; end if;
  insert into public.memberships (organization_id, user_id, role) values (inv.organization_id, auth.uid(), inv.role);
  delete from public.invitations where id = inv.id;
  return inv.organization_id;
end $$;
revoke execute on function public.create_organization(text, text) from public, anon;
revoke execute on function public.accept_invitation(text) from public, anon;
grant execute on function public.create_organization(text, text), public.accept_invitation(text) to authenticated;
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;

create or replace function kit.is_member(org uuid) returns boolean language sql stable security definer set
    search_path = '' as $$
  select exists (select 1 from public.memberships m where m.organization_id = organization_id and m.user_id = (select
    auth.uid()));
$$;
