-- about: public.expense_lines
-- Lines of an expense report belong to whoever handed the report in.
create table reports (id uuid primary key default gen_random_uuid(), employee uuid not null references auth.users(id), month date);
create table expense_lines (id uuid primary key default gen_random_uuid(), report_id uuid not null references reports(id) on delete cascade, amount numeric(10,2), memo text);
alter table reports enable row level security; alter table expense_lines enable row level security;
create policy mine on reports for all to authenticated using (employee = auth.uid()) with check (employee = auth.uid());
-- @leak: the helper finds any report of the caller's
create function owns_report(rid uuid) returns boolean language sql security definer stable set search_path = public as $$ select exists (select 1 from reports r where r.employee = auth.uid()) $$;
create policy lines on expense_lines for all to authenticated using (owns_report(report_id)) with check (owns_report(report_id));
-- @sound
create function owns_report(rid uuid) returns boolean language sql security definer stable set search_path = public as $$ select exists (select 1 from reports r where r.id = rid and r.employee = auth.uid()) $$;
create policy lines on expense_lines for all to authenticated using (owns_report(report_id)) with check (owns_report(report_id));
