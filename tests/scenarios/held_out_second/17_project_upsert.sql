-- about: public.project_settings
-- Settings of a project, which the owner of the project changes.
create table public.projects (id uuid primary key default gen_random_uuid(), owner uuid not null default auth.uid() references auth.users(id), title text not null);
create table public.project_settings (project_id uuid not null references public.projects(id) on delete cascade, key text not null check (key ~ '^[a-z_]{2,30}$'), value jsonb not null default 'null', primary key (project_id, key));
alter table public.projects enable row level security; alter table public.project_settings enable row level security;
create policy p on public.projects for all to authenticated using (owner = auth.uid());
create policy s1 on public.project_settings for select to authenticated using (project_id in (select id from public.projects where owner = auth.uid()));
create policy s2 on public.project_settings for insert to authenticated with check (project_id in (select id from public.projects where owner = auth.uid()));
-- @leak: the new row is not checked, so a setting can be moved to the project of somebody else
create policy s3 on public.project_settings for update to authenticated using (project_id in (select id from public.projects where owner = auth.uid())) with check (true);
-- @sound
create policy s3 on public.project_settings for update to authenticated using (project_id in (select id from public.projects where owner = auth.uid())) with check (project_id in (select id from public.projects where owner = auth.uid()));
