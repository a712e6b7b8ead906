-- about: public.episodes
create table subscriptions (id text primary key, user_id uuid not null references auth.users, status text not null check (status in ('active','trialing','canceled')), ends timestamptz);
create table episodes (id bigserial primary key, title text not null, free boolean not null default false, audio text);
alter table subscriptions enable row level security; alter table episodes enable row level security;
create policy "own" on subscriptions for select to authenticated using (user_id = auth.uid());
-- @leak: users write their subscription
create policy "own write" on subscriptions for insert to authenticated with check (user_id = auth.uid());
create policy "listen" on episodes for select to authenticated using (free or exists (select 1 from subscriptions s where s.user_id = auth.uid() and s.status in ('active','trialing')));
-- @sound
create policy "listen" on episodes for select to authenticated using (free or exists (select 1 from subscriptions s where s.user_id = auth.uid() and s.status in ('active','trialing')));
