-- about: public.measurements
-- The tenant of the token narrows all that the other policies give.
create table devices (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, label text);
create table measurements (id bigserial primary key, tenant_id uuid not null, device_id uuid references devices(id), value double precision);
alter table devices enable row level security; alter table measurements enable row level security;
create policy t on devices for select to authenticated using (tenant_id = (auth.jwt() -> 'app_metadata' ->> 'tenant')::uuid);
create policy work on measurements for all to authenticated using (true) with check (true);
-- @leak: it narrows reading alone
create policy tenant on measurements as restrictive for select to authenticated using (tenant_id = (auth.jwt() -> 'app_metadata' ->> 'tenant')::uuid);
-- @sound
create policy tenant on measurements as restrictive for all to authenticated using (tenant_id = (auth.jwt() -> 'app_metadata' ->> 'tenant')::uuid) with check (tenant_id = (auth.jwt() -> 'app_metadata' ->> 'tenant')::uuid);
