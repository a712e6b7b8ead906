-- definer-function
-- A call counts up, but what it counts is what a policy asks.
create table public.player (id uuid primary key, level int not null default 0);
create table public.vault (id bigint primary key, level int not null, body text);
alter table public.player enable row level security;
alter table public.vault enable row level security;
create policy own on public.player for select to authenticated using (id = (select auth.uid()));
create policy high on public.vault for select to authenticated using (
    exists (select 1 from public.player p where p.id = (select auth.uid()) and p.level >= vault.level));
create function public.rise(who uuid) returns void language sql security definer set search_path = '' as $$
  update public.player set level = level + 1 where id = who
$$;
grant select, insert, update, delete on all tables in schema public to anon, authenticated;
