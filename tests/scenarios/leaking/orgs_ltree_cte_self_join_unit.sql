-- user-can-grant-themselves-access
create table org_units (id uuid primary key default gen_random_uuid(), parent_id uuid references org_units, name text);
create table unit_members (unit_id uuid references org_units, user_id uuid references auth.users, primary key
    (user_id, unit_id));
create table docs (id uuid primary key default gen_random_uuid(), unit_id uuid not null references org_units, title
    text, body text);
create index on docs(unit_id);
create schema app;
create function app.my_units() returns setof uuid language sql stable security definer set search_path = '' as $$
  with recursive tree as (
    select m.unit_id as id from public.unit_members m where m.user_id = (select auth.uid())
    union
    select u.id from public.org_units u join tree t on u.parent_id = t.id
  ) select id from tree
$$;
grant usage on schema app to authenticated;
revoke execute on function app.my_units() from public; grant execute on function app.my_units() to authenticated;
alter table org_units enable row level security; alter table unit_members enable row level security; alter table docs
    enable row level security;
create policy a on org_units for select to authenticated using (id in (select app.my_units()));
create policy a on unit_members for select to authenticated using (user_id = (select auth.uid()) or unit_id in
    (select app.my_units()));
create policy a on docs for select to authenticated using (unit_id = any (array(select app.my_units())));
create policy b on docs for insert to authenticated with check (unit_id = any (array(select app.my_units())));
create policy c on docs for update to authenticated using (unit_id = any (array(select app.my_units())));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;

create policy j on unit_members for insert to authenticated with check (user_id = (select auth.uid()));
