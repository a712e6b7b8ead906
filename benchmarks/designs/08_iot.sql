-- IoT: devices and measurements, partitioned
create table public.devices (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  serial varchar(32) not null unique,
  api_key_hash bytea,
  location point,
  ip inet,
  firmware text default '1.0.0',
  last_seen timestamptz
);
create index devices_user on public.devices (user_id);
create table public.measurements (
  device_id uuid not null references public.devices (id) on delete cascade,
  at timestamptz not null,
  metric text not null,
  value double precision not null,
  primary key (device_id, metric, at)
) partition by range (at);
create table public.measurements_2026_01 partition of public.measurements for values from ('2026-01-01') to ('2026-02-01');
create table public.measurements_2026_02 partition of public.measurements for values from ('2026-02-01') to ('2026-03-01');
create table public.measurements_rest partition of public.measurements default;
create table public.alerts (
  id bigint generated always as identity primary key,
  device_id uuid not null references public.devices (id) on delete cascade,
  threshold numeric not null,
  comparison text not null check (comparison in ('<', '>')),
  enabled boolean not null default true
);
create table public.device_shares (
  device_id uuid not null references public.devices on delete cascade,
  shared_with uuid not null references auth.users on delete cascade,
  can_edit boolean not null default false,
  expires_at timestamptz,
  primary key (device_id, shared_with)
);
alter table public.devices enable row level security;
alter table public.measurements enable row level security;
alter table public.measurements_2026_01 enable row level security;
alter table public.measurements_2026_02 enable row level security;
alter table public.measurements_rest enable row level security;
alter table public.alerts enable row level security;
alter table public.device_shares enable row level security;
create policy "own devices" on public.devices for all to authenticated using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create policy "own measurements" on public.measurements for select to authenticated using (
  device_id in (select id from public.devices where user_id = (select auth.uid())));
create policy "shared measurements" on public.measurements for select to authenticated using (
  exists (select 1 from public.device_shares s where s.device_id = measurements.device_id
    and s.shared_with = (select auth.uid()) and (s.expires_at is null or s.expires_at > now())));
create policy "ingest" on public.measurements for insert to service_role with check (true);
create policy "own alerts" on public.alerts for all to authenticated using (
  exists (select 1 from public.devices d where d.id = alerts.device_id and d.user_id = (select auth.uid())));
create policy "editors change alerts" on public.alerts for update to authenticated using (
  device_id in (select device_id from public.device_shares where shared_with = (select auth.uid()) and can_edit));
create policy "see shares" on public.device_shares for select to authenticated using (shared_with = (select auth.uid()));
create function public.latest(p_device uuid) returns setof public.measurements language sql stable as $$
  select distinct on (metric) * from public.measurements where device_id = p_device order by metric, at desc
$$;
create view public.hourly with (security_invoker) as
  select device_id, metric, date_trunc('hour', at) as hour, avg(value) as mean from public.measurements group by 1, 2, 3;
