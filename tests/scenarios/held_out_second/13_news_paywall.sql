-- about: public.subscriptions
-- Articles behind a paywall; a subscription is written by the payment service.
create table public.subscriptions (user_id uuid primary key references auth.users(id), valid_until timestamptz not null, tier text not null default 'basic' check (tier in ('basic','premium')));
create table public.articles (id bigserial primary key, slug text unique not null, body text, premium boolean not null default false);
alter table public.subscriptions enable row level security; alter table public.articles enable row level security;
create policy s1 on public.subscriptions for select to authenticated using (user_id = (select auth.uid()));
create policy a1 on public.articles for select to anon, authenticated using (not premium);
create policy a2 on public.articles for select to authenticated using (premium and exists (select 1 from public.subscriptions s where s.user_id = (select auth.uid()) and s.tier = 'premium' and s.valid_until > now()));
-- @leak: one's own subscription can be changed
create policy s2 on public.subscriptions for update to authenticated using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
-- @sound
create policy s2 on public.subscriptions for update to service_role using (true) with check (true);
