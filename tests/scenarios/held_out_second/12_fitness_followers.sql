-- about: public.
-- Workouts that followers see if the athlete accepted them.
create table public.follows (follower uuid references auth.users(id), followee uuid references auth.users(id), accepted boolean not null default false, primary key (follower, followee), check (follower <> followee));
create table public.workouts (id uuid primary key default gen_random_uuid(), athlete uuid not null references auth.users(id), heart_rate int[] not null default '{}', started_at timestamptz not null default now());
alter table public.follows enable row level security; alter table public.workouts enable row level security;
create policy f1 on public.follows for select to authenticated using ((select auth.uid()) in (follower, followee));
create policy f2 on public.follows for insert to authenticated with check (follower = (select auth.uid()) and accepted = false);
create policy f3 on public.follows for update to authenticated using (followee = (select auth.uid())) with check (followee = (select auth.uid()));
create policy f4 on public.follows for delete to authenticated using ((select auth.uid()) in (follower, followee));
create policy w1 on public.workouts for all to authenticated using (athlete = (select auth.uid())) with check (athlete = (select auth.uid()));
-- @leak: acceptance is not asked
create policy w2 on public.workouts for select to authenticated using (exists (select 1 from public.follows f where f.followee = athlete and f.follower = (select auth.uid())));
-- @sound
create policy w2 on public.workouts for select to authenticated using (exists (select 1 from public.follows f where f.followee = athlete and f.follower = (select auth.uid()) and f.accepted));
