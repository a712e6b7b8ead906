-- Who takes part stands in a jsonb object, with their role.
create table boards (id uuid primary key default gen_random_uuid(), members jsonb not null default '{}', title text);
create table cards (id uuid primary key default gen_random_uuid(), board_id uuid not null references boards, title
    text);
create index on cards(board_id);
alter table boards enable row level security; alter table cards enable row level security;
create policy member on boards for select to authenticated using (members ? (select auth.uid())::text);
create policy editor on boards for update to authenticated using ((members ->> (select auth.uid())::text) in
    ('owner','editor')) with check ((members ->> (select auth.uid())::text) in ('owner','editor'));
create policy cards_member on cards for select to authenticated using (exists (select 1 from boards b where b.id =
    cards.board_id and b.members ? (select auth.uid())::text));
create policy cards_edit on cards for all to authenticated using (exists (select 1 from boards b where b.id =
    cards.board_id and (b.members ->> (select auth.uid())::text) in ('owner','editor'))) with check (exists (select 1
    from boards b where b.id = cards.board_id and (b.members ->> (select auth.uid())::text) in ('owner','editor')));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
