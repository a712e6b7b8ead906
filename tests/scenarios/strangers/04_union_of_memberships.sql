-- about: public.sheets
create table spaces (id uuid primary key default gen_random_uuid(), owner uuid not null references auth.users);
create table space_members (space uuid not null references spaces on delete cascade, member uuid not null references auth.users, primary key (space, member));
create table sheets (id uuid primary key default gen_random_uuid(), space uuid not null references spaces on delete cascade, cells jsonb);
alter table spaces enable row level security; alter table space_members enable row level security; alter table sheets enable row level security;
create policy "mine" on space_members for select to authenticated using (member = auth.uid());
create policy "own" on spaces for select to authenticated using (owner = auth.uid());
-- @leak: one half of the union forgets the caller
create function my_spaces() returns setof uuid language sql stable security definer set search_path = '' as $$ select id from public.spaces where owner = auth.uid() union select space from public.space_members $$;
create policy "read" on sheets for select to authenticated using (space in (select my_spaces()));
-- @sound
create function my_spaces() returns setof uuid language sql stable security definer set search_path = '' as $$ select id from public.spaces where owner = auth.uid() union select space from public.space_members where member = auth.uid() $$;
create policy "read" on sheets for select to authenticated using (space in (select my_spaces()));
