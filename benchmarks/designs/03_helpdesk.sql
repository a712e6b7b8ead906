-- helpdesk: organisations, agents, tickets
create schema if not exists app;
grant usage on schema app to authenticated, service_role;
create type app.ticket_priority as enum ('low', 'normal', 'high', 'urgent');
create table app.organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null check (char_length(name) between 2 and 80),
  plan text not null default 'free',
  created_at timestamptz not null default now()
);
create table app.organization_members (
  organization_id uuid not null references app.organizations (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role text not null default 'agent' check (role in ('owner', 'admin', 'agent', 'customer')),
  joined_at timestamptz not null default now(),
  primary key (organization_id, user_id)
);
create index on app.organization_members (user_id);
create table app.tickets (
  id bigint generated always as identity primary key,
  organization_id uuid not null references app.organizations (id) on delete cascade,
  requester_id uuid not null references auth.users (id),
  assignee_id uuid references auth.users (id),
  subject text not null,
  priority app.ticket_priority not null default 'normal',
  state text not null default 'open',
  tags text[] not null default array[]::text[],
  created_at timestamptz not null default now(),
  constraint tickets_state check (state in ('open', 'waiting', 'closed'))
);
create index tickets_open on app.tickets (organization_id, created_at desc) where state <> 'closed';
create table app.comments (
  id bigint generated always as identity primary key,
  ticket_id bigint not null references app.tickets (id) on delete cascade,
  author_id uuid not null references auth.users (id),
  body text not null,
  internal boolean not null default false,
  created_at timestamptz not null default now()
);
create index comments_ticket on app.comments (ticket_id, created_at);
create function app.is_member_of(org uuid) returns boolean
  language sql stable security definer set search_path = ''
  as $$ select exists (select 1 from app.organization_members m where m.organization_id = org and m.user_id = (select auth.uid())) $$;
create function app.has_org_role(org uuid, roles text[]) returns boolean
  language sql stable security definer set search_path = ''
  as $$ select exists (select 1 from app.organization_members m
        where m.organization_id = org and m.user_id = (select auth.uid()) and m.role = any (roles)) $$;
revoke execute on function app.is_member_of(uuid) from public;
grant execute on function app.is_member_of(uuid) to authenticated;
revoke execute on function app.has_org_role(uuid, text[]) from public;
grant execute on function app.has_org_role(uuid, text[]) to authenticated;
grant select, insert, update, delete on all tables in schema app to authenticated;
alter table app.organizations enable row level security;
alter table app.organization_members enable row level security;
alter table app.tickets enable row level security;
alter table app.comments enable row level security;
create policy members_see_org on app.organizations for select to authenticated using (app.is_member_of(id));
create policy owners_update_org on app.organizations for update to authenticated
  using (app.has_org_role(id, array['owner'])) with check (app.has_org_role(id, array['owner']));
create policy members_see_members on app.organization_members for select to authenticated using (app.is_member_of(organization_id));
create policy admins_manage_members on app.organization_members for all to authenticated
  using (app.has_org_role(organization_id, array['owner', 'admin'])) with check (app.has_org_role(organization_id, array['owner', 'admin']));
create policy read_tickets on app.tickets for select to authenticated
  using (requester_id = (select auth.uid()) or app.has_org_role(organization_id, '{owner,admin,agent}'));
create policy open_ticket on app.tickets for insert to authenticated
  with check (requester_id = (select auth.uid()) and app.is_member_of(organization_id));
create policy agents_update on app.tickets for update to authenticated
  using (app.has_org_role(organization_id, '{owner,admin,agent}'));
create policy read_comments on app.comments for select to authenticated using (
  exists (select 1 from app.tickets t where t.id = ticket_id
    and (t.requester_id = (select auth.uid()) and not internal or app.has_org_role(t.organization_id, '{owner,admin,agent}'))));
create policy write_comments on app.comments for insert to authenticated with check (
  author_id = (select auth.uid()) and exists (select 1 from app.tickets t where t.id = comments.ticket_id and t.state <> 'closed'));
create policy edit_own on app.comments for update to authenticated
  using (author_id = (select auth.uid()) and created_at > now() - interval '15 minutes')
  with check (author_id = (select auth.uid()));
create view app.open_tickets with (security_invoker = true, security_barrier = true) as
  select id, organization_id, subject, priority from app.tickets where state <> 'closed';
grant select on app.open_tickets to authenticated;
