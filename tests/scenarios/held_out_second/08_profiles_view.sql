-- about: public.members_directory
-- A directory that shows names; phone numbers only one's own.
create table public.people (id uuid primary key references auth.users(id), display_name text not null, phone text, tenant uuid not null);
alter table public.people enable row level security;
create policy own on public.people for select to authenticated using (id = auth.uid());
-- @leak: the view runs as its owner and filters by nothing
create view public.members_directory as select id, display_name, phone from public.people;
grant select on public.members_directory to authenticated;
-- @sound
create view public.members_directory with (security_invoker = true) as select id, display_name, phone from public.people;
grant select on public.members_directory to authenticated;
