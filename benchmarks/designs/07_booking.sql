-- Appointment booking
create extension if not exists btree_gist with schema extensions;
create table public.businesses (
  id uuid primary key default gen_random_uuid(),
  owner uuid not null default auth.uid() references auth.users,
  name text not null,
  timezone text not null default 'Europe/Berlin',
  opening_hours jsonb
);
create table public.staff (
  id uuid primary key default gen_random_uuid(),
  business_id uuid not null references public.businesses on delete cascade,
  user_id uuid references auth.users on delete set null,
  name text not null,
  active boolean not null default true
);
create table public.services (
  id int generated always as identity primary key,
  business_id uuid not null references public.businesses on delete cascade,
  name text not null, duration interval not null default '30 minutes', price_cents int not null check (price_cents >= 0)
);
create table public.bookings (
  id uuid primary key default gen_random_uuid(),
  staff_id uuid not null references public.staff,
  service_id int not null references public.services,
  customer_id uuid references auth.users,
  customer_email text,
  during tstzrange not null,
  status text not null default 'booked' check (status = any (array['booked', 'done', 'cancelled', 'no_show'])),
  exclude using gist (staff_id with =, during with &&) where (status <> 'cancelled')
);
create index bookings_customer on public.bookings (customer_id);
alter table public.businesses enable row level security;
alter table public.staff enable row level security;
alter table public.services enable row level security;
alter table public.bookings enable row level security;
create policy "businesses are public" on public.businesses for select to anon, authenticated using (true);
create policy "owner manages" on public.businesses for all to authenticated using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
create policy "active staff is public" on public.staff for select using (active);
create policy "owner manages staff" on public.staff for all to authenticated using (
  business_id in (select b.id from public.businesses b where b.owner = (select auth.uid())));
create policy "services are public" on public.services for select using (true);
create policy "owner inserts services" on public.services for insert to authenticated with check (
  exists (select 1 from public.businesses b where b.id = services.business_id and b.owner = auth.uid()));
create policy "owner updates services" on public.services for update to authenticated using (
  exists (select 1 from public.businesses b where b.id = services.business_id and b.owner = auth.uid()));
create policy "owner deletes services" on public.services for delete to authenticated using (
  (select owner from public.businesses where id = business_id) = auth.uid());
create policy "customers see their bookings" on public.bookings for select to authenticated using (customer_id = auth.uid() or customer_email = (auth.jwt() ->> 'email'));
create policy "customers book" on public.bookings for insert to authenticated with check (customer_id = auth.uid() and lower(during) > now());
create policy "customers cancel" on public.bookings for update to authenticated
  using (customer_id = auth.uid() and lower(during) > now() + interval '24 hours') with check (status = 'cancelled');
create policy "staff sees own bookings" on public.bookings for select to authenticated using (
  staff_id in (select id from public.staff where user_id = auth.uid()));
create policy "owner sees all bookings" on public.bookings for all to authenticated using (
  exists (select 1 from public.staff s join public.businesses b on b.id = s.business_id where s.id = bookings.staff_id and b.owner = auth.uid()));
create or replace function public.available_slots(p_staff uuid, p_day date) returns table (slot timestamptz)
language sql stable security definer set search_path = public as $$
  select g from generate_series(p_day::timestamptz, p_day + interval '1 day', interval '30 minutes') g
  where not exists (select 1 from bookings b where b.staff_id = p_staff and b.during @> g and b.status <> 'cancelled')
$$;
revoke execute on function public.available_slots(uuid, date) from public;
grant execute on function public.available_slots(uuid, date) to anon, authenticated;
