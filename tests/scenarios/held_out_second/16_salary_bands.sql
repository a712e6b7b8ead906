-- about: public.compensation
-- Employees of a firm; pay is seen by the employee and by the people team.
create table public.firms (id uuid primary key default gen_random_uuid(), name text);
create table public.employees (id uuid primary key references auth.users(id), firm_id uuid not null references public.firms(id), department text not null default 'general', title text);
create table public.compensation (employee_id uuid primary key references public.employees(id), firm_id uuid not null references public.firms(id), base_salary numeric(12,2) not null check (base_salary > 0), bonus_pct numeric(5,2) check (bonus_pct between 0 and 100));
alter table public.firms enable row level security; alter table public.employees enable row level security; alter table public.compensation enable row level security;
create function public.me() returns public.employees language sql stable security definer set search_path = '' as $$ select * from public.employees where id = auth.uid() $$;
create policy f on public.firms for select to authenticated using (id = (public.me()).firm_id);
create policy e on public.employees for select to authenticated using (firm_id = (public.me()).firm_id);
-- @leak: everybody in the firm
create policy c on public.compensation for select to authenticated using (firm_id = (public.me()).firm_id);
-- @sound
create policy c on public.compensation for select to authenticated using (employee_id = auth.uid() or firm_id = (public.me()).firm_id and (public.me()).department = 'people');
