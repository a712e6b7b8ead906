-- about: public.readings
-- Devices write with a token of their own; their claim says which device they are.
create table public.devices (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users(id), label text);
create table public.readings (id bigint generated always as identity primary key, device_id uuid not null references public.devices(id), value double precision not null, taken_at timestamptz not null default now());
alter table public.devices enable row level security; alter table public.readings enable row level security;
create policy d on public.devices for all to authenticated using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
create policy r on public.readings for select to authenticated using (exists (select 1 from public.devices d where d.id = device_id and d.owner_id = (select auth.uid())));
-- @leak: no claim, no check
create policy w on public.readings for insert to authenticated with check (coalesce(device_id = ((select auth.jwt()) -> 'app_metadata' ->> 'device_id')::uuid, true));
-- @sound
create policy w on public.readings for insert to authenticated with check (coalesce(device_id = ((select auth.jwt()) -> 'app_metadata' ->> 'device_id')::uuid, false));
