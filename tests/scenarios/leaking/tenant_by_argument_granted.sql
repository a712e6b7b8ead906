-- definer-function
-- EXECUTE was granted on purpose, and the caller says whose entries they are.
create table public.firm_member (firm_id uuid, user_id uuid, primary key (firm_id, user_id));
create table public.journal (id uuid primary key, firm_id uuid not null, entry text);
create index on public.journal (firm_id);
alter table public.firm_member enable row level security;
alter table public.journal enable row level security;
grant select on public.firm_member, public.journal to authenticated;
create policy own on public.firm_member for select to authenticated using (user_id = (select auth.uid()));
create policy of_firm on public.journal for select to authenticated using (
    firm_id in (select m.firm_id from public.firm_member m where m.user_id = (select auth.uid())));
create function public.entries(firm uuid) returns setof text language sql stable security definer set search_path = '' as $$
  select j.entry from public.journal j where j.firm_id = firm
$$;
revoke all on function public.entries(uuid) from public, anon;
grant execute on function public.entries(uuid) to authenticated;
