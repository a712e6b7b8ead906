-- null-session-passes
create table accounts (id bigserial primary key, name text, industry text);
create table deals (id bigserial primary key, account_id bigint references accounts, amount numeric, stage text);
create table notes (id bigserial primary key, deal_id bigint references deals, author uuid not null default
    auth.uid(), body text);
create index on deals(account_id); create index on notes(deal_id); create index on notes(author);
alter table accounts enable row level security; alter table deals enable row level security; alter table notes enable
    row level security;
create policy staff_read on accounts for select to authenticated using ((select auth.jwt() -> 'app_metadata' ->>
    'staff') = 'true');
create policy staff_read on deals for select to authenticated using ((auth.jwt() -> 'app_metadata' ->>
    'staff')::boolean is true);
create policy staff_write on deals for update to authenticated using ((select (auth.jwt() -> 'app_metadata' ->
    'permissions') ? 'deals.write')) with check ((select (auth.jwt() -> 'app_metadata' -> 'permissions') ?
    'deals.write'));
create policy staff_read on notes for select to authenticated using ((select auth.jwt() -> 'app_metadata' ->>
    'staff') = 'true');
create policy own_write on notes for insert to authenticated with check (author = (select auth.uid()) and (select
    auth.jwt() -> 'app_metadata' ->> 'staff') = 'true');
create policy own_edit on notes for update to authenticated using (author = (select auth.uid())) with check (author =
    (select auth.uid()));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;

drop policy staff_read on notes;
create policy staff_read on notes for select to authenticated using (coalesce((auth.jwt() -> 'app_metadata' ->>
    'staff')::boolean, true));
