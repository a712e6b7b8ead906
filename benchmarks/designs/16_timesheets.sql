-- Time tracking; employees by email; manager hierarchy
create table public.employees (
  id serial primary key,
  auth_user_id uuid references auth.users(id),
  email text not null unique,
  manager_id integer references public.employees(id),
  hourly_rate numeric(8,2) not null default 0,
  is_admin boolean not null default false
);
create table public.clients (id serial primary key, name text not null unique);
create table public.timesheets (
  id serial primary key,
  employee_id integer not null references public.employees(id) on delete cascade,
  client_id integer references public.clients(id),
  work_date date not null default current_date,
  hours numeric(4,2) not null check (hours > 0 and hours <= 24),
  note text,
  approved_by integer references public.employees(id),
  approved_at timestamptz,
  unique (employee_id, client_id, work_date)
);
create index ix_timesheets_employee on public.timesheets (employee_id, work_date desc);
create function public.current_employee_id() returns integer language sql stable security definer set search_path = public
as $$ select id from employees where auth_user_id = auth.uid() $$;
create function public.is_manager_of(emp integer) returns boolean language sql stable security definer set search_path = public
as $$ with recursive chain as (
  select id, manager_id from employees where id = emp
  union select e.id, e.manager_id from employees e join chain c on e.id = c.manager_id)
  select exists (select 1 from chain where manager_id = current_employee_id()) $$;
alter table public.employees enable row level security;
alter table public.clients enable row level security;
alter table public.timesheets enable row level security;
create policy "Employees see themselves" on public.employees for select to authenticated using (auth_user_id = auth.uid() or email = auth.email());
create policy "Managers see reports" on public.employees for select to authenticated using (is_manager_of(id));
create policy "Admins all" on public.employees for all to authenticated using (exists (select 1 from public.employees e where e.auth_user_id = auth.uid() and e.is_admin));
create policy "Clients are visible to staff" on public.clients for select to authenticated using (public.current_employee_id() is not null);
create policy "Own timesheets" on public.timesheets for select to authenticated using (employee_id = public.current_employee_id());
create policy "Book own hours" on public.timesheets for insert to authenticated with check (employee_id = (select public.current_employee_id()) and approved_at is null);
create policy "Change unapproved" on public.timesheets for update to authenticated
  using (employee_id = (select public.current_employee_id()) and approved_at is null)
  with check (employee_id = (select public.current_employee_id()) and approved_at is null and approved_by is null);
create policy "Managers read" on public.timesheets for select to authenticated using (public.is_manager_of(employee_id));
create policy "Managers approve" on public.timesheets for update to authenticated using (public.is_manager_of(employee_id)) with check (approved_by = public.current_employee_id());
create policy "Not in closed months" on public.timesheets as restrictive for update to authenticated
  using (work_date >= date_trunc('month', now() - interval '1 month')::date);
create view public.monthly_hours with (security_invoker = true) as
select employee_id, client_id, to_char(work_date, 'YYYY-MM') as month, sum(hours) as hours from public.timesheets group by 1, 2, 3;
