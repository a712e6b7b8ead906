-- about: public.entries
-- Bookkeeping of companies; a closed period is only changed by the accountant.
create table public.companies (id uuid primary key default gen_random_uuid(), name text not null);
create table public.company_users (company_id uuid references public.companies(id), user_id uuid references auth.users(id), is_accountant boolean not null default false, primary key (company_id, user_id));
create table public.entries (id bigserial primary key, company_id uuid not null references public.companies(id), debit numeric(12,2) not null default 0 check (debit >= 0), credit numeric(12,2) not null default 0 check (credit >= 0), check ((debit = 0) <> (credit = 0)), booked_on date not null);
alter table public.companies enable row level security; alter table public.company_users enable row level security; alter table public.entries enable row level security;
create policy cu on public.company_users for select to authenticated using (user_id = (select auth.uid()));
create policy er on public.entries for select to authenticated using (company_id in (select company_id from public.company_users where user_id = (select auth.uid())));
create policy ei on public.entries for insert to authenticated with check (company_id in (select company_id from public.company_users where user_id = (select auth.uid()) and is_accountant));
create policy eu on public.entries for update to authenticated using (company_id in (select company_id from public.company_users where user_id = (select auth.uid()) and is_accountant));
-- @leak: an accountant of some company deletes in all where it is a member of any
create policy ed on public.entries for delete to authenticated using (exists (select 1 from public.company_users where user_id = (select auth.uid()) and is_accountant));
-- @sound
create policy ed on public.entries for delete to authenticated using (company_id in (select company_id from public.company_users where user_id = (select auth.uid()) and is_accountant));
