-- always-true-read
-- A role of the project's own, which every courier's token names: each of them reads the deliveries of all.
create role gp_scenario_couriers nologin;
grant gp_scenario_couriers to authenticator;
create table public.delivery (id uuid primary key, courier_id uuid not null references auth.users, address text not null);
create index on public.delivery (courier_id);
alter table public.delivery enable row level security;
grant usage on schema public to gp_scenario_couriers;
grant select on public.delivery to gp_scenario_couriers;
create policy read on public.delivery for select to gp_scenario_couriers using (true);
