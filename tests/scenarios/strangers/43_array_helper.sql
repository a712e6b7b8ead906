-- about: public.parcels
create table depots (id int primary key, city text not null);
create table couriers (usr uuid primary key references auth.users, depots int[] not null default '{}');
create table parcels (id bigserial primary key, depot int not null references depots, address text not null);
alter table depots enable row level security; alter table couriers enable row level security; alter table parcels enable row level security;
-- @leak: the depots of all couriers
create function my_depots() returns int[] language sql stable security definer set search_path = '' as $$ select array_agg(d) from public.couriers c, unnest(c.depots) d $$;
create policy "read" on parcels for select to authenticated using (depot = any ((select my_depots())::int[]));
-- @sound
create function my_depots() returns int[] language sql stable security definer set search_path = '' as $$ select coalesce(array_agg(d), '{}') from public.couriers c, unnest(c.depots) d where c.usr = auth.uid() $$;
create policy "read" on parcels for select to authenticated using (depot = any ((select my_depots())::int[]));
