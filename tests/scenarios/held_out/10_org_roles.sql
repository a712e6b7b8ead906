-- about: public.
-- Members of a company; its admins manage who is in it.
create type seat_kind as enum ('member', 'admin');
create table companies (id uuid primary key default gen_random_uuid(), name text not null);
create table seats (id uuid primary key default gen_random_uuid(), company_id uuid not null references companies(id), user_id uuid not null references auth.users(id), kind seat_kind not null default 'member', unique (company_id, user_id));
create table contracts (id uuid primary key default gen_random_uuid(), company_id uuid not null references companies(id), body text);
create function is_company_admin(c uuid) returns boolean language sql stable security definer set search_path = public as $$ select exists (select 1 from seats where company_id = c and user_id = auth.uid() and kind = 'admin') $$;
alter table companies enable row level security; alter table seats enable row level security; alter table contracts enable row level security;
create policy c on companies for select to authenticated using (exists (select 1 from seats s where s.company_id = companies.id and s.user_id = auth.uid()));
create policy s on seats for select to authenticated using (user_id = auth.uid());
create policy adm on seats for all to authenticated using (is_company_admin(company_id)) with check (is_company_admin(company_id));
create policy k on contracts for select to authenticated using (is_company_admin(company_id));
-- @leak: everybody may write their own seat, its kind included
create policy mine on seats for update to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
-- @sound
create policy leave on seats for delete to authenticated using (user_id = auth.uid());
