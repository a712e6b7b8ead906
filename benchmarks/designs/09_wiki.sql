-- Team wiki
create schema private;
create domain public.slug as text check (value ~ '^[a-z0-9]+(-[a-z0-9]+)*$');
create table public.workspaces (id bigint generated always as identity primary key, slug public.slug not null unique, title text not null, is_public bool not null default false);
create table public.workspace_users (
  workspace_id bigint references public.workspaces on delete cascade,
  user_id uuid references auth.users on delete cascade,
  level int not null default 1,
  primary key (workspace_id, user_id)
);
comment on column public.workspace_users.level is '1 = reader, 2 = writer, 3 = admin';
create table public.pages (
  id bigint generated always as identity primary key,
  workspace_id bigint not null references public.workspaces on delete cascade,
  parent_id bigint references public.pages,
  title text not null,
  body text not null default '',
  locked boolean not null default false,
  author uuid default auth.uid() references auth.users,
  updated_at timestamptz not null default now(),
  fts tsvector generated always as (setweight(to_tsvector('simple', title), 'A') || to_tsvector('simple', body)) stored
);
create index pages_fts on public.pages using gin (fts);
create table public.page_versions (
  page_id bigint not null references public.pages on delete cascade,
  version int not null,
  body text not null,
  edited_by uuid,
  edited_at timestamptz not null default now(),
  primary key (page_id, version)
);
create or replace function private.level_in(ws bigint) returns int language sql stable security definer set search_path = '' as
$$ select coalesce((select level from public.workspace_users where workspace_id = ws and user_id = auth.uid()), 0) $$;
create or replace function private.keep_version() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into public.page_versions (page_id, version, body, edited_by)
  select old.id, coalesce(max(version), 0) + 1, old.body, auth.uid() from public.page_versions where page_id = old.id;
  new.updated_at := now();
  return new;
end $$;
create trigger keep_version before update of body on public.pages for each row when (old.body is distinct from new.body) execute function private.keep_version();
grant usage on schema private to authenticated, anon;
alter table public.workspaces enable row level security;
alter table public.workspace_users enable row level security;
alter table public.pages enable row level security;
alter table public.page_versions enable row level security;
create policy "read workspaces" on public.workspaces for select using (is_public or private.level_in(id) >= 1);
create policy "admins change workspaces" on public.workspaces for update to authenticated using (private.level_in(id) = 3) with check (private.level_in(id) = 3);
create policy "own membership" on public.workspace_users for select to authenticated using (user_id = (select auth.uid()));
create policy "admins add users" on public.workspace_users for insert to authenticated with check (private.level_in(workspace_id) >= 3);
create policy "admins remove users" on public.workspace_users for delete to authenticated using (private.level_in(workspace_id) >= 3 and user_id <> (select auth.uid()));
create policy "read pages" on public.pages for select using (
  workspace_id in (select w.id from public.workspaces w where w.is_public) or private.level_in(workspace_id) > 0);
create policy "write pages" on public.pages for insert to authenticated with check (private.level_in(workspace_id) >= 2);
create policy "change pages" on public.pages for update to authenticated using (private.level_in(workspace_id) >= 2 and not locked) with check (private.level_in(workspace_id) >= 2);
create policy "admins delete pages" on public.pages for delete to authenticated using (private.level_in(workspace_id) = 3);
create policy "versions of pages" on public.page_versions for select using (exists (select from public.pages p where p.id = page_id));
