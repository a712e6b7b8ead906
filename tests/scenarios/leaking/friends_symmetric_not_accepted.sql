-- user-can-grant-themselves-access
create table friendships (a uuid not null references auth.users, b uuid not null references auth.users, accepted
    boolean not null default false, requested_by uuid not null default auth.uid(), primary key (a, b), check (a < b));
create table moments (id uuid primary key default gen_random_uuid(), author uuid not null default auth.uid()
    references auth.users, body text);
create index on friendships(b); create index on moments(author);
alter table friendships enable row level security; alter table moments enable row level security;
create policy f_see on friendships for select to authenticated using ((select auth.uid()) in (a, b));
create policy f_req on friendships for insert to authenticated with check (requested_by = (select auth.uid()) and
    (select auth.uid()) in (a, b) and not accepted);
create policy f_accept on friendships for update to authenticated using ((select auth.uid()) in (a, b) and
    requested_by <> (select auth.uid())) with check ((select auth.uid()) in (a, b) and requested_by <> (select
    auth.uid()));
create policy f_del on friendships for delete to authenticated using ((select auth.uid()) in (a, b));
create policy m_see on moments for select to authenticated using (author = (select auth.uid()) or exists (select 1
    from friendships f where f.accepted and ((f.a = (select auth.uid()) and f.b = moments.author) or (f.b = (select
    auth.uid()) and f.a = moments.author))));
create policy m_add on moments for insert to authenticated with check (author = (select auth.uid()));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
revoke update on friendships from anon, authenticated; grant update (accepted) on friendships to authenticated;

drop policy f_req on friendships;
create policy f_req on friendships for insert to authenticated with check ((select auth.uid()) in (a, b));
