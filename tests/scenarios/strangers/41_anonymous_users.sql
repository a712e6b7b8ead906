-- about: public.votes
create table polls (id bigserial primary key, question text not null);
create table votes (id bigserial primary key, poll bigint not null references polls, voter uuid not null default auth.uid() references auth.users, choice int not null, unique (poll, voter));
alter table polls enable row level security; alter table votes enable row level security;
create policy "all" on polls for select using (true);
create policy "own" on votes for select to authenticated using (voter = (select auth.uid()));
-- @leak: votes for others
create policy "vote" on votes for insert to authenticated with check ((select (auth.jwt() ->> 'is_anonymous')::boolean) is false);
-- @sound
create policy "vote" on votes for insert to authenticated with check (voter = (select auth.uid()) and (select (auth.jwt() ->> 'is_anonymous')::boolean) is false);
