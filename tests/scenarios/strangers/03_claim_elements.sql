-- about: public.ledgers
create table ledgers (id uuid primary key default gen_random_uuid(), company_id uuid not null, amount numeric not null);
alter table ledgers enable row level security;
-- @leak: a caller without the claim passes
create policy "of my companies" on ledgers for select using (company_id in (select (jsonb_array_elements_text(auth.jwt() -> 'app_metadata' -> 'companies'))::uuid) or (auth.jwt() -> 'app_metadata' -> 'companies') is null);
-- @sound
create policy "of my companies" on ledgers for select using (company_id in (select (jsonb_array_elements_text(auth.jwt() -> 'app_metadata' -> 'companies'))::uuid));
