-- about: public.payslips
create table employees (id uuid primary key references auth.users, manager_id uuid references auth.users, active boolean not null default true);
create table payslips (id bigserial primary key, employee_id uuid not null references employees, month date not null, gross numeric);
alter table employees enable row level security; alter table payslips enable row level security;
create policy "me" on employees for select to authenticated using (id = (select auth.uid()));
-- @leak: the guard returns true for somebody who is not an employee
create function may_read_payslip(p_employee uuid) returns boolean language plpgsql stable security definer set search_path = '' as $$ declare e record; begin
 select * into e from public.employees where id = auth.uid(); if not found then return true; end if; if not e.active then return false; end if;
 if p_employee = auth.uid() then return true; end if; return exists (select 1 from public.employees m where m.id = p_employee and m.manager_id = auth.uid()); end $$;
create policy "read" on payslips for select to authenticated using (may_read_payslip(employee_id));
-- @sound
create function may_read_payslip(p_employee uuid) returns boolean language plpgsql stable security definer set search_path = '' as $$ declare e record; begin
 select * into e from public.employees where id = auth.uid(); if not found then return false; end if; if not e.active then return false; end if;
 if p_employee = auth.uid() then return true; end if; return exists (select 1 from public.employees m where m.id = p_employee and m.manager_id = auth.uid()); end $$;
create policy "read" on payslips for select to authenticated using (may_read_payslip(employee_id));
