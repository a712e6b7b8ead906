-- about: public.steps
create table plans (id uuid primary key default gen_random_uuid(), coach uuid not null references auth.users, athlete uuid not null references auth.users);
create table steps (id bigserial primary key, plan_id uuid not null references plans, what text);
alter table plans enable row level security; alter table steps enable row level security;
create policy "both" on plans for select to authenticated using (auth.uid() = coach or auth.uid() = athlete);
-- @leak: the sub-select has no relation to the row
create policy "of plan" on steps for select to authenticated using (exists (select 1 from plans where plans.id is not null));
-- @sound
create policy "of plan" on steps for select to authenticated using (exists (select 1 from plans where plans.id = steps.plan_id));
