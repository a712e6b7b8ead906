-- A leaderboard of nicknames, and a view of two counts, each by a query of its own.
create table public.players (id uuid primary key references auth.users on delete cascade, nickname text not null unique, email text, birthday date);
create table public.scores (id bigint generated always as identity primary key, player_id uuid not null references public.players on delete cascade, points int not null, played_at timestamptz not null default now());
create index on public.scores (player_id);
alter table public.players enable row level security; alter table public.scores enable row level security;
create policy p on public.players for select to authenticated using (id = (select auth.uid()));
create policy s on public.scores for select to authenticated using (player_id = (select auth.uid()));
create view public.leaderboard as select p.nickname, sum(s.points) as total, rank() over (order by sum(s.points) desc) as place from public.players p join public.scores s on s.player_id = p.id group by p.nickname;
revoke all on public.leaderboard from anon, authenticated; 
create view public.player_counts as select count(*) as players, (select count(*) from public.scores) as games from public.players;
create function public.submit_score(points int) returns int language plpgsql security definer set search_path = '' as $$
declare uid uuid := (select auth.uid()); best int;
begin
  if uid is null then raise exception 'sign in'; end if;
  if points not between 0 and 10000 then raise exception 'implausible'; end if;
  insert into public.scores (player_id, points) values (uid, submit_score.points);
  select max(s.points) into best from public.scores s where s.player_id = uid;
  return best;
end $$;
create function public.my_rank() returns bigint language sql stable security definer set search_path = '' as $$
  select r.place from (select s.player_id, rank() over (order by sum(s.points) desc) as place from public.scores s group by s.player_id) r where r.player_id = (select auth.uid());
$$;
revoke execute on all functions in schema public from public, anon; grant execute on all functions in schema public to authenticated;
grant usage on schema public to anon, authenticated, service_role;
grant all on all tables in schema public to service_role;
grant select, insert, update, delete on all tables in schema public to anon, authenticated;
grant usage, select on all sequences in schema public to anon, authenticated;
revoke insert, update, delete on public.leaderboard, public.player_counts from anon, authenticated;
