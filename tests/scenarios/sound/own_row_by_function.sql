-- A function changes what decides nothing by an argument, and what decides something only for who may.
create table public.crew (person uuid primary key references auth.users, rank text not null default 'guest', motto text);
create table public.charts (id bigint primary key, title text not null);
alter table public.crew enable row level security;
alter table public.charts enable row level security;
grant select on public.crew, public.charts to authenticated;
create policy own on public.crew for select to authenticated using (person = (select auth.uid()));
create policy officers on public.charts for select to authenticated using (exists (
    select from public.crew c where c.person = (select auth.uid()) and c.rank = 'officer'));
create function public.say(words text) returns void language sql security definer set search_path = '' as $$
  update public.crew set motto = words where person = auth.uid()
$$;
create function public.leave() returns void language sql security definer set search_path = '' as $$
  update public.crew set rank = 'guest' where person = auth.uid()
$$;
create function public.promote(who uuid, wanted text) returns void language plpgsql security definer set search_path = '' as $$
begin
  if not coalesce((select c.rank = 'officer' from public.crew c where c.person = auth.uid()), false) then
    raise exception 'officers only' using errcode = '42501';
  end if;
  update public.crew set rank = wanted where person = who;
end $$;
revoke all on function public.say(text), public.leave(), public.promote(uuid, text) from public, anon;
grant execute on function public.say(text), public.leave(), public.promote(uuid, text) to authenticated;
