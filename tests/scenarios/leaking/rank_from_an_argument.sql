-- function-grants-caller-access
-- The function changes only the caller's row, but to whatever the caller says.
create table public.crew (person uuid primary key references auth.users, rank text not null default 'guest');
create table public.charts (id bigint primary key, title text not null);
alter table public.crew enable row level security;
alter table public.charts enable row level security;
grant select on public.crew, public.charts to authenticated;
create policy own on public.crew for select to authenticated using (person = (select auth.uid()));
create policy officers on public.charts for select to authenticated using (exists (
    select from public.crew c where c.person = (select auth.uid()) and c.rank = 'officer'));
create function public.choose_rank(wanted text) returns void language plpgsql security definer set search_path = '' as $$
begin
  if auth.uid() is null then raise exception 'sign in first'; end if;
  update public.crew set rank = wanted where person = auth.uid();
end $$;
