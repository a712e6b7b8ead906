-- about: public.my_salaries
create table salaries (id bigserial primary key, usr uuid not null references auth.users, amount numeric not null);
alter table salaries enable row level security;
-- @leak: filter on the session forgotten in one half
create view my_salaries as select amount, usr from salaries where usr = auth.uid() union all select amount, usr from salaries where amount < 1000;
-- @sound
create view my_salaries with (security_invoker = on) as select amount, usr from salaries where usr = auth.uid();
create policy "own" on salaries for select to authenticated using (usr = auth.uid());
