-- about: public.hands
create table games (id bigserial primary key, players uuid[] not null, finished boolean not null default false);
create table hands (id bigserial primary key, game bigint not null references games, player uuid not null references auth.users, cards text[] not null);
alter table games enable row level security; alter table hands enable row level security;
create policy "players" on games for select to authenticated using (players @> array[(select auth.uid())]);
-- @leak: overlap with an array that holds the row's own player
create policy "hand" on hands for select to authenticated using (player = (select auth.uid()) or exists (select 1 from games g where g.id = game and g.players && array[(select auth.uid()), player]));
create policy "finished" on games for select to authenticated using (finished or not finished);
-- @sound
create policy "hand" on hands for select to authenticated using (player = (select auth.uid()) or exists (select 1 from games g where g.id = game and g.finished and g.players @> array[(select auth.uid())]));
