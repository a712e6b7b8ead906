-- Logistics: drivers, routes; settings based; xml, arrays, ranges, inheritance of sequences
create schema logistics; create schema logistics_private;
grant usage on schema logistics to anon, authenticated, service_role;
alter default privileges in schema logistics grant select on tables to authenticated;
create type logistics.stop as (lat double precision, lng double precision, label text);
create type logistics.load_range as range (subtype = numeric);
create domain logistics.plate as varchar(12) not null check (value ~ '^[A-Z0-9 -]+$');
create table logistics.depots (code char(4) primary key, name text not null, area polygon);
create table logistics.vehicles (plate logistics.plate primary key, depot char(4) not null references logistics.depots, payload logistics.load_range, equipment text[] default '{}' check (cardinality(equipment) < 20));
create table logistics.drivers (id uuid primary key references auth.users, depot char(4) references logistics.depots, licence_classes text[] not null default array['B'], on_duty boolean default false);
create table logistics.routes (
  depot char(4) not null, day date not null, number smallint not null, driver uuid references logistics.drivers, vehicle logistics.plate references logistics.vehicles,
  stops logistics.stop[], distance_m int, started timestamptz, finished timestamptz,
  primary key (depot, day, number), foreign key (depot) references logistics.depots (code) match full on update cascade,
  constraint finished_after_started check (finished > started)
);
create table logistics.parcels (
  tracking text primary key default upper(substr(md5(random()::text), 1, 12)), depot char(4), day date, number smallint,
  recipient uuid references auth.users, delivered_at timestamptz, signature bytea,
  foreign key (depot, day, number) references logistics.routes (depot, day, number) on delete set null (day, number)
);
create index parcels_route on logistics.parcels (depot, day, number) nulls not distinct;
create index parcels_undelivered on logistics.parcels (recipient) where delivered_at is null;
create function logistics_private.my_depot() returns char(4) language sql stable security definer set search_path = '' as $$ select depot from logistics.drivers where id = auth.uid() $$;
grant usage on schema logistics_private to authenticated;
alter table logistics.depots enable row level security; alter table logistics.vehicles enable row level security; alter table logistics.drivers enable row level security;
alter table logistics.routes enable row level security; alter table logistics.parcels enable row level security;
create policy all_read on logistics.depots for select to authenticated using (auth.uid() is not null);
create policy own_depot on logistics.vehicles for select to authenticated using (depot = logistics_private.my_depot());
create policy self on logistics.drivers for select to authenticated using (id = (select auth.uid()));
create policy duty on logistics.drivers for update to authenticated using (id = (select auth.uid())) with check (id = (select auth.uid()) and 'B' = any (licence_classes));
create policy my_routes on logistics.routes for select to authenticated using (driver = (select auth.uid()) and day between current_date - 7 and current_date + 1);
create policy dispatch on logistics.routes for all to authenticated using (depot = (select logistics_private.my_depot()) and coalesce(current_setting('app.dispatch', true), 'off') = 'on');
create policy recipient on logistics.parcels for select to authenticated using (recipient = (select auth.uid()));
create policy driver on logistics.parcels for select to authenticated using (exists (
  select 1 from logistics.routes r where (r.depot, r.day, r.number) = (parcels.depot, parcels.day, parcels.number) and r.driver = (select auth.uid())));
create policy deliver on logistics.parcels for update to authenticated using (delivered_at is null and exists (
  select 1 from logistics.routes r where r.depot = parcels.depot and r.day = parcels.day and r.number = parcels.number and r.driver = (select auth.uid())))
  with check (delivered_at is not null);
