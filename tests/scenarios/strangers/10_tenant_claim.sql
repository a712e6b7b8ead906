-- about: public.shipments
create table shipments (id bigserial primary key, tenant_id uuid not null, address text not null);
alter table shipments enable row level security;
-- @leak: rows of no tenant and callers of no tenant meet
create policy "tenant" on shipments for all to authenticated using (coalesce((auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid, tenant_id) = tenant_id) with check (coalesce((auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid, tenant_id) = tenant_id);
-- @sound
create policy "tenant" on shipments for all to authenticated using ((auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid = tenant_id) with check ((auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid = tenant_id);
