-- Customers and agents in one thread, and notes for agents alone.
create table threads (id uuid primary key default gen_random_uuid(), customer_id uuid not null default auth.uid()
    references auth.users, subject text, closed boolean default false);
create table thread_messages (id bigint generated always as identity primary key, thread_id uuid not null references
    threads on delete cascade, author_id uuid not null default auth.uid(), body text, internal boolean not null
    default false);
create index on threads(customer_id); create index on thread_messages(thread_id); create index on
    thread_messages(author_id);
alter table threads enable row level security; alter table thread_messages enable row level security;
create function public.is_agent() returns boolean language sql stable as $$ select coalesce(auth.jwt() ->
    'app_metadata' ->> 'role' = 'agent', false) $$;
create policy t_cust on threads for select to authenticated using (customer_id = (select auth.uid()) or (select
    is_agent()));
create policy t_new on threads for insert to authenticated with check (customer_id = (select auth.uid()));
create policy t_agent on threads for update to authenticated using ((select is_agent())) with check ((select
    is_agent()));
create policy m_read on thread_messages for select to authenticated using ((select is_agent()) or (not internal and
    exists (select 1 from threads t where t.id = thread_id and t.customer_id = (select auth.uid()))));
create policy m_write on thread_messages for insert to authenticated with check (author_id = (select auth.uid()) and
    (select is_agent() or not thread_messages.internal) and exists (select 1 from threads t where t.id = thread_id
    and (t.customer_id = (select auth.uid()) or (select is_agent()))));
create view my_threads with (security_barrier = true, security_invoker = true) as select * from threads where not
    closed;
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
grant execute on function is_agent() to authenticated;
