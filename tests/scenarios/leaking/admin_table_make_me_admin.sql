-- function-grants-caller-access
create table admins (user_id uuid primary key references auth.users);
create table reports (id uuid primary key default gen_random_uuid(), reporter_id uuid not null default auth.uid()
    references auth.users, reason text, status text default 'open');
create index on reports(reporter_id);
alter table admins enable row level security; alter table reports enable row level security;
create policy own on admins for select to authenticated using (user_id = (select auth.uid()));
create policy mine on reports for select to authenticated using (reporter_id = (select auth.uid()) or (select
    auth.uid()) in (select user_id from admins));
create policy file on reports for insert to authenticated with check (reporter_id = (select auth.uid()) and status =
    'open');
create policy handle on reports for update to authenticated using (exists (select 1 from admins where admins.user_id
    = (select auth.uid()))) with check (exists (select 1 from admins where admins.user_id = (select auth.uid())));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;

create function claim_admin() returns void language sql security definer set search_path = '' as $$ insert into
    public.admins values (auth.uid()) $$;
