-- Polls and surveys, anonymous votes
create table polls (id uuid default gen_random_uuid() primary key, question text not null, author uuid references auth.users default auth.uid() not null, closes_at timestamptz, allow_anonymous boolean default false not null);
create table options (id serial primary key, poll_id uuid references polls on delete cascade not null, label text not null, position smallint default 0);
create table votes (poll_id uuid references polls on delete cascade not null, option_id int references options on delete cascade not null, voter uuid default auth.uid(), ip_hash text, voted_at timestamptz default now());
create unique index one_vote on votes (poll_id, voter) where voter is not null;
create table banned_users (user_id uuid primary key);
alter table polls enable row level security;
alter table options enable row level security;
alter table votes enable row level security;
alter table banned_users enable row level security;
create policy p1 on polls for select using (true);
create policy p2 on polls for insert to authenticated with check (author = auth.uid() and auth.uid() not in (select user_id from banned_users));
create policy p3 on polls for update to authenticated using (author = auth.uid()) with check (author = auth.uid() and (closes_at is null or closes_at > now()));
create policy p4 on polls for delete to authenticated using (author = auth.uid());
create policy o1 on options for select using (true);
create policy o2 on options for all to authenticated using (exists (select 1 from polls where polls.id = poll_id and polls.author = auth.uid()));
create policy v1 on votes for select to authenticated using (voter = auth.uid() or poll_id in (select id from polls where author = auth.uid()));
create policy v2 on votes for insert to authenticated with check (voter = auth.uid() and exists (select * from polls p where p.id = votes.poll_id and (p.closes_at is null or now() < p.closes_at)));
create policy v3 on votes for insert to anon with check (voter is null and (select allow_anonymous from polls where id = poll_id));
create policy nobody on votes for delete using (false);
create policy not_banned on votes as restrictive for insert to authenticated with check (not exists (select from banned_users where user_id = (select auth.uid())));
create or replace function poll_results(p uuid) returns table (option_id int, label text, votes bigint) language sql stable security definer set search_path = public as $$
  select o.id, o.label, count(v.*) from options o left join votes v on v.option_id = o.id where o.poll_id = p group by o.id, o.label order by o.position $$;
grant execute on function poll_results(uuid) to anon, authenticated;
