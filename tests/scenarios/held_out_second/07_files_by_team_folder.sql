-- about: storage.objects
-- Files of teams: the first folder is the team.
create table public.teams (id uuid primary key default gen_random_uuid(), name text);
create table public.team_users (team_id uuid references public.teams(id), user_id uuid references auth.users(id), primary key (team_id, user_id));
alter table public.teams enable row level security; alter table public.team_users enable row level security;
create policy t on public.team_users for select to authenticated using (user_id = auth.uid());
insert into storage.buckets (id, name, public) values ('team-files', 'team-files', false);
create policy up on storage.objects for insert to authenticated with check (bucket_id = 'team-files' and exists (select 1 from public.team_users u where u.user_id = auth.uid() and u.team_id::text = (storage.foldername(name))[1]));
-- @leak: a member of any team
create policy down on storage.objects for select to authenticated using (bucket_id = 'team-files' and exists (select 1 from public.team_users u where u.user_id = auth.uid() and (storage.foldername(name))[1] is not null));
-- @sound
create policy down on storage.objects for select to authenticated using (bucket_id = 'team-files' and exists (select 1 from public.team_users u where u.user_id = auth.uid() and u.team_id::text = (storage.foldername(name))[1]));
