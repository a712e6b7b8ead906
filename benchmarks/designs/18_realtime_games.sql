-- Multiplayer games; realtime authorization
create type public.game_state as enum ('lobby', 'running', 'finished');
create table public.games (
  id uuid primary key default gen_random_uuid(), host uuid not null references auth.users default auth.uid(),
  state game_state not null default 'lobby', max_players int2 not null default 4 check (max_players between 2 and 16),
  seed bigint not null default (random() * 1e9)::bigint, options jsonb not null default '{}', created_at timestamptz not null default now()
);
create table public.players (
  game_id uuid not null references public.games on delete cascade, user_id uuid not null references auth.users on delete cascade,
  seat int2 not null, score int not null default 0, hand int[] not null default '{}',
  primary key (game_id, user_id), unique (game_id, seat)
);
create table public.moves (
  game_id uuid not null, user_id uuid not null, turn int not null, move jsonb not null, made_at timestamptz not null default now(),
  primary key (game_id, turn), foreign key (game_id, user_id) references public.players (game_id, user_id) on delete cascade
);
create table public.leaderboard (user_id uuid primary key references auth.users, wins int not null default 0, elo real not null default 1200);
create function public.in_game(g uuid) returns boolean language sql stable security definer set search_path = '' as
$$ select exists (select from public.players where game_id = g and user_id = (select auth.uid())) $$;
alter table public.games enable row level security;
alter table public.players enable row level security;
alter table public.moves enable row level security;
alter table public.leaderboard enable row level security;
create policy "lobbies are open" on public.games for select to authenticated using (state = 'lobby' or public.in_game(id) or host = (select auth.uid()));
create policy "host a game" on public.games for insert to authenticated with check (host = (select auth.uid()) and state = 'lobby');
create policy "host starts" on public.games for update to authenticated using (host = (select auth.uid()) and state <> 'finished') with check (host = (select auth.uid()));
create policy "see players of my games" on public.players for select to authenticated using (public.in_game(game_id));
create policy "join" on public.players for insert to authenticated with check (
  user_id = (select auth.uid()) and exists (select 1 from public.games g where g.id = game_id and g.state = 'lobby'));
create policy "leave" on public.players for delete to authenticated using (user_id = (select auth.uid()));
create policy "read moves" on public.moves for select to authenticated using (public.in_game(game_id));
create policy "make moves" on public.moves for insert to authenticated with check (
  user_id = (select auth.uid()) and (select g.state from public.games g where g.id = moves.game_id) = 'running');
create policy "leaderboard is public" on public.leaderboard for select to anon, authenticated using (true);
create policy "players listen" on realtime.messages for select to authenticated using (
  exists (select 1 from public.players p where p.user_id = (select auth.uid()) and 'game:' || p.game_id::text = (select realtime.topic()))
  and realtime.messages.extension in ('broadcast', 'presence'));
create policy "players send" on realtime.messages for insert to authenticated with check (
  extension = 'broadcast' and public.in_game(split_part((select realtime.topic()), ':', 2)::uuid));
