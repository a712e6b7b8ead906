-- about: public.boards
-- A board is seen by its owner and by those who were invited to its workspace.
create table workspaces (id uuid primary key default gen_random_uuid(), created_by uuid not null references auth.users(id), title text);
create table workspace_guests (workspace_id uuid references workspaces(id) on delete cascade, guest uuid references auth.users(id), primary key (workspace_id, guest));
create table boards (id uuid primary key default gen_random_uuid(), workspace_id uuid not null references workspaces(id), content jsonb);
alter table workspaces enable row level security;
alter table workspace_guests enable row level security;
alter table boards enable row level security;
create policy "own workspace" on workspaces for select using (created_by = auth.uid());
create policy "own invitation" on workspace_guests for select using (guest = auth.uid());
-- @leak: the second branch of the union does not ask for the caller
create policy "read boards" on boards for select to authenticated using (workspace_id in (
  select id from workspaces where created_by = auth.uid() union select g.workspace_id from workspace_guests g where g.guest is not null and exists (select 1 from workspace_guests m where m.guest = auth.uid())));
create policy "guests see the list" on workspace_guests for select to authenticated using (true);
-- @sound
create policy "read boards" on boards for select to authenticated using (workspace_id in (
  select id from workspaces where created_by = auth.uid() union select g.workspace_id from workspace_guests g where g.guest = auth.uid()));
