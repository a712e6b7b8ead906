-- about: public.moods
create table blocks (blocker uuid not null default auth.uid() references auth.users, blocked uuid not null references auth.users, primary key (blocker, blocked));
create table follows (follower uuid not null references auth.users, followed uuid not null references auth.users, primary key (follower, followed));
create table moods (id bigserial primary key, user_id uuid not null default auth.uid() references auth.users, mood text);
alter table blocks enable row level security; alter table follows enable row level security; alter table moods enable row level security;
create policy "mine" on blocks for all to authenticated using (blocker = auth.uid()) with check (blocker = auth.uid());
create policy "mine" on follows for select to authenticated using (follower = auth.uid() or followed = auth.uid());
-- @leak: or not blocked
create policy "read" on moods for select to authenticated using (user_id = auth.uid() or exists (select 1 from follows f where f.follower = auth.uid() and f.followed = moods.user_id) or not exists (select 1 from blocks b where b.blocker = auth.uid() and b.blocked = moods.user_id));
-- @sound
create policy "read" on moods for select to authenticated using (user_id = auth.uid() or (exists (select 1 from follows f where f.follower = auth.uid() and f.followed = moods.user_id) and not exists (select 1 from blocks b where b.blocker = auth.uid() and b.blocked = moods.user_id)));
