-- about: public.figures
create table units (id bigserial primary key, parent bigint references units, name text not null);
create table unit_heads (unit bigint not null references units, usr uuid not null references auth.users, primary key (unit, usr));
create table figures (id bigserial primary key, unit bigint not null references units, revenue numeric);
alter table units enable row level security; alter table unit_heads enable row level security; alter table figures enable row level security;
-- @leak: the recursion starts at the roots
create function units_below() returns setof bigint language sql stable security definer set search_path = '' as $$ with recursive t as (select id from public.units where parent is null union select u.id from public.units u join t on u.parent = t.id) select id from t $$;
create policy "read" on figures for select to authenticated using (unit in (select units_below()));
-- @sound
create function units_below() returns setof bigint language sql stable security definer set search_path = '' as $$ with recursive t as (select unit as id from public.unit_heads where usr = auth.uid() union select u.id from public.units u join t on u.parent = t.id) select id from t $$;
create policy "read" on figures for select to authenticated using (unit in (select units_below()));
