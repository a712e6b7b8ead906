-- about: public.my_open_tasks
create table tasks (id bigserial primary key, user_id uuid not null references auth.users, title text, done boolean not null default false);
alter table tasks enable row level security;
create policy "own" on tasks for all to authenticated using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
-- @leak: the view runs as its owner
create view my_open_tasks as select id, title from tasks where not done;
-- @sound
create view my_open_tasks with (security_invoker = true) as select id, title from tasks where not done;
