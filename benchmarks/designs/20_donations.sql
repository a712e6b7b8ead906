-- Charity: donations, campaigns; security by view; sequences
create sequence public.receipt_numbers start 1001 increment 1;
create table public.campaigns (
  id uuid primary key default gen_random_uuid(), title text not null, goal numeric(12,2) not null check (goal > 0),
  starts timestamptz not null default now(), ends timestamptz, created_by uuid references auth.users(id), is_live boolean generated always as (goal > 0) stored,
  check (ends is null or ends > starts)
);
create table public.donations (
  id uuid primary key default gen_random_uuid(),
  receipt_no bigint not null default nextval('public.receipt_numbers') unique,
  campaign_id uuid not null references public.campaigns(id),
  donor_id uuid references auth.users(id) on delete set null,
  donor_name text, anonymous boolean not null default false,
  amount numeric(12,2) not null check (amount >= 1), paid boolean not null default false, created_at timestamptz not null default now()
);
create index donations_campaign_idx on public.donations using btree (campaign_id);
create index donations_donor_idx on public.donations using hash (donor_id);
create table public.staff_users (user_id uuid primary key references auth.users(id) on delete cascade);
alter table public.campaigns enable row level security;
alter table public.donations enable row level security;
alter table public.staff_users enable row level security;
revoke all on public.donations from anon;
revoke insert, update, delete, truncate on public.donations from authenticated;
grant insert (campaign_id, donor_id, donor_name, anonymous, amount) on public.donations to authenticated;
grant usage on sequence public.receipt_numbers to authenticated;
create policy campaigns_select on public.campaigns for select to anon, authenticated using (starts <= now());
create policy campaigns_staff on public.campaigns for all to authenticated
  using ((select auth.uid()) in (select user_id from public.staff_users))
  with check ((select auth.uid()) in (select user_id from public.staff_users));
create policy donations_select_own on public.donations for select to authenticated using (donor_id = (select auth.uid()));
create policy donations_insert on public.donations for insert to authenticated with check (donor_id = (select auth.uid()) and paid = false);
create policy donations_staff on public.donations for select to authenticated using (exists (select 1 from public.staff_users s where s.user_id = (select auth.uid())));
create policy staff_self on public.staff_users for select to authenticated using (user_id = (select auth.uid()));
create view public.campaign_totals as
  select c.id, c.title, coalesce(sum(d.amount) filter (where d.paid), 0) as raised, count(d.id) as donations
  from public.campaigns c left join public.donations d on d.campaign_id = c.id group by c.id;
revoke all on public.campaign_totals from anon, authenticated;
grant select on public.campaign_totals to anon, authenticated;
create function public.donate(p_campaign uuid, p_amount numeric) returns uuid language plpgsql security definer set search_path = public, pg_temp as $$
declare v_id uuid;
begin
  if auth.uid() is null then raise exception 'sign in first' using errcode = '42501'; end if;
  insert into donations (campaign_id, donor_id, amount) values (p_campaign, auth.uid(), p_amount) returning id into v_id;
  return v_id;
end $$;
revoke all on function public.donate(uuid, numeric) from public, anon;
grant execute on function public.donate(uuid, numeric) to authenticated;
