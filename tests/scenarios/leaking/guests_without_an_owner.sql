-- rows-visible-by-status-only
-- Whoever books without an account has no user, so every visitor reads their name and number.
create table public.booking (id uuid primary key, customer_id uuid references auth.users, guest_phone text, day date not null);
create index on public.booking (customer_id);
alter table public.booking enable row level security;
grant select on public.booking to anon, authenticated;
create policy mine on public.booking for select to anon, authenticated using (
    customer_id is null or customer_id = (select auth.uid()));
