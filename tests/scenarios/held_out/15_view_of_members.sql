-- about: public.
-- A view counts what the members of a gym did.
create table visits (id bigserial primary key, visitor uuid not null references auth.users(id), weight_kg numeric, at timestamptz default now());
alter table visits enable row level security;
create policy own on visits for select to authenticated using (visitor = auth.uid());
-- @leak: the view is its owner's
create view my_visits as select v.id, v.visitor, v.weight_kg from visits v;
-- @sound
create view my_visits with (security_invoker = on) as select v.id, v.visitor, v.weight_kg from visits v;
