-- about: public.expenses
create table households (id uuid primary key default gen_random_uuid(), created_by uuid not null default auth.uid() references auth.users);
create table household_people (household uuid not null references households on delete cascade, person uuid not null references auth.users on delete cascade, primary key (household, person));
create table expenses (id bigserial primary key, household uuid not null references households, paid_by uuid not null references auth.users, cents int not null check (cents > 0));
alter table households enable row level security; alter table household_people enable row level security; alter table expenses enable row level security;
create schema private;
create function private.in_household(h uuid) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.household_people hp where hp.household = h and hp.person = (select auth.uid())) $$;
grant usage on schema private to authenticated; grant execute on function private.in_household to authenticated;
create policy "create" on households for insert to authenticated with check (created_by = (select auth.uid()));
create policy "see" on households for select to authenticated using (created_by = (select auth.uid()) or private.in_household(id));
create policy "see" on household_people for select to authenticated using (private.in_household(household));
create policy "see" on expenses for select to authenticated using (private.in_household(household));
-- @leak: joining is up to the person
create policy "join" on household_people for insert to authenticated with check (person = (select auth.uid()));
-- @sound
create policy "add" on household_people for insert to authenticated with check (exists (select 1 from households h where h.id = household and h.created_by = (select auth.uid())));
