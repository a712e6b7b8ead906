-- CRM, multi-tenant by claim in the token
create or replace function public.current_tenant() returns uuid language sql stable as $$
  select nullif(auth.jwt() -> 'app_metadata' ->> 'tenant_id', '')::uuid
$$;
create table public.tenants (id uuid primary key default gen_random_uuid(), name text not null, settings jsonb not null default '{"currency": "EUR", "seats": 5}');
create table public.companies (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null default public.current_tenant() references public.tenants on delete cascade,
  name text not null,
  domain text,
  owner_id uuid references auth.users on delete set null,
  unique (tenant_id, domain)
);
create table public.contacts (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references public.tenants on delete cascade,
  company_id uuid references public.companies on delete set null,
  first_name text, last_name text,
  full_name text generated always as (coalesce(first_name, '') || ' ' || coalesce(last_name, '')) stored,
  email text, phone text,
  custom jsonb not null default '{}',
  deleted_at timestamptz
);
create unique index contacts_email on public.contacts (tenant_id, lower(email)) where deleted_at is null;
create index contacts_custom on public.contacts using gin (custom jsonb_path_ops);
create table public.deals (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references public.tenants on delete cascade,
  contact_id uuid not null references public.contacts on delete cascade,
  stage text not null default 'lead', amount numeric(12, 2), currency char(3) not null default 'EUR',
  probability real check (probability >= 0 and probability <= 1),
  expected numeric generated always as (amount * probability::numeric) stored,
  owner_id uuid not null default auth.uid(), closes_on date
);
create table public.activities (
  id bigserial primary key, tenant_id uuid not null, deal_id uuid references public.deals on delete cascade,
  kind text not null, notes text, happened_at timestamptz not null default now(), created_by uuid default auth.uid()
);
alter table public.tenants enable row level security;
alter table public.companies enable row level security;
alter table public.contacts enable row level security;
alter table public.deals enable row level security;
alter table public.activities enable row level security;
create policy tenant_read on public.tenants for select to authenticated using (id = (select public.current_tenant()));
create policy tenant_isolation on public.companies for all to authenticated
  using (tenant_id = (select public.current_tenant())) with check (tenant_id = (select public.current_tenant()));
create policy tenant_isolation on public.contacts for all to authenticated
  using (tenant_id = ((auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid));
create policy hide_deleted on public.contacts as restrictive for select to authenticated using (deleted_at is null);
create policy tenant_isolation on public.deals as restrictive for all to authenticated
  using (tenant_id = (select public.current_tenant())) with check (tenant_id = (select public.current_tenant()));
create policy reps_own_deals on public.deals for all to authenticated using (owner_id = (select auth.uid()));
create policy managers_all_deals on public.deals for all to authenticated
  using ((select auth.jwt() -> 'app_metadata' ->> 'role') in ('manager', 'admin'));
create policy tenant_activities on public.activities for select to authenticated
  using (tenant_id::text = (auth.jwt() -> 'app_metadata' ->> 'tenant_id'));
create policy log_activity on public.activities for insert to authenticated
  with check (tenant_id = (select public.current_tenant()) and created_by = (select auth.uid()));
create policy require_mfa on public.activities as restrictive for delete to authenticated
  using ((select auth.jwt() ->> 'aal') = 'aal2');
create policy delete_own on public.activities for delete to authenticated using (created_by = auth.uid());
create materialized view public.pipeline as
  select tenant_id, stage, count(*) as deals, sum(amount) as amount from public.deals group by tenant_id, stage;
revoke all on public.pipeline from anon, authenticated;
