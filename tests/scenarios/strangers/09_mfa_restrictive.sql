-- about: public.wallets
create table wallets (id uuid primary key default gen_random_uuid(), holder uuid not null unique references auth.users, balance bigint not null default 0);
alter table wallets enable row level security;
-- @leak: the second factor is asked for by a permissive policy
create policy "own" on wallets for select to authenticated using (holder = (select auth.uid()));
create policy "aal2" on wallets for select to authenticated using ((select auth.jwt() ->> 'aal') = 'aal2');
-- @sound
create policy "own" on wallets for select to authenticated using (holder = (select auth.uid()));
create policy "aal2" on wallets as restrictive for all to authenticated using ((select auth.jwt() ->> 'aal') = 'aal2');
