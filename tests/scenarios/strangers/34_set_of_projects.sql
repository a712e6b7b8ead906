-- about: public.builds
create table projects (id uuid primary key default gen_random_uuid(), org uuid not null, visibility text not null default 'private' check (visibility in ('private','internal','public')));
create table project_users (project uuid not null references projects, usr uuid not null references auth.users, primary key (project, usr));
create table builds (id bigserial primary key, project uuid not null references projects, log text);
alter table projects enable row level security; alter table project_users enable row level security; alter table builds enable row level security;
create policy "me" on project_users for select to authenticated using (usr = auth.uid());
-- @leak: the loop returns every project
create function visible_projects() returns setof uuid language plpgsql stable security definer set search_path = '' as $$ declare p record; begin for p in select id, visibility from public.projects loop if p.visibility <> 'archived' then return next p.id; end if; end loop; return; end $$;
create policy "read" on builds for select to authenticated using (project in (select visible_projects()));
-- @sound
create function visible_projects() returns setof uuid language plpgsql stable security definer set search_path = '' as $$ begin if auth.uid() is null then return; end if; return query select pu.project from public.project_users pu where pu.usr = auth.uid(); end $$;
create policy "read" on builds for select to authenticated using (project in (select visible_projects()));
