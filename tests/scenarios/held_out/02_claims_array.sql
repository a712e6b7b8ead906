-- about: public.shipments
-- The token carries the ids of the warehouses that somebody works for.
create table warehouses (id text primary key, name text not null);
create table shipments (id bigint generated always as identity primary key, warehouse_id text not null references warehouses(id), recipient text, street text);
alter table warehouses enable row level security;
alter table shipments enable row level security;
create policy w on warehouses for select to authenticated using ((auth.jwt() -> 'app_metadata' -> 'warehouses') ? id);
-- @leak: the list is taken from what users write themselves
create policy s on shipments for select to authenticated using ((auth.jwt() -> 'user_metadata' -> 'warehouses') ? warehouse_id);
-- @sound
create policy s on shipments for select to authenticated using ((auth.jwt() -> 'app_metadata' -> 'warehouses') ? warehouse_id);
