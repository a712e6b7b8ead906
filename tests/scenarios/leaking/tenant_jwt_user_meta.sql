-- identity-from-caller
create table tenants (id uuid primary key default gen_random_uuid(), name text);
create table invoices (id uuid primary key default gen_random_uuid(), tenant_id uuid not null default ((auth.jwt() ->
    'app_metadata' ->> 'tenant_id')::uuid) references tenants, amount numeric, created_by uuid default auth.uid());
create index on invoices (tenant_id);
alter table tenants enable row level security; alter table tenants force row level security;
alter table invoices enable row level security; alter table invoices force row level security;
create policy tenant_self on tenants for select to authenticated using (id = (select (auth.jwt() -> 'app_metadata'
    ->> 'tenant_id')::uuid));
create policy inv_iso on invoices as restrictive for all to authenticated using (tenant_id = (select (auth.jwt() ->
    'app_metadata' ->> 'tenant_id')::uuid)) with check (tenant_id = (select (auth.jwt() -> 'app_metadata' ->>
    'tenant_id')::uuid));
create policy inv_read on invoices for select to authenticated using (true);
create policy inv_write on invoices for insert to authenticated with check (true);
create policy inv_upd on invoices for update to authenticated using ((select auth.jwt() -> 'app_metadata' ->> 'role')
    in ('admin', 'accountant')) with check ((select auth.jwt() -> 'app_metadata' ->> 'role') in ('admin',
    'accountant'));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;

drop policy inv_iso on invoices;
create policy inv_iso on invoices as restrictive for all to authenticated using (tenant_id = (select (auth.jwt() ->
    'user_metadata' ->> 'tenant_id')::uuid));
