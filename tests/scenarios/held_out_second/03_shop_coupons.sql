-- about: public.redeem(text, uuid)
-- A shop: a coupon is redeemed for an order by a function that runs as its owner.
create table public.orders (id uuid primary key default gen_random_uuid(), customer_id uuid not null references auth.users(id), total numeric(10,2) not null check (total >= 0), discount numeric(10,2) not null default 0);
create table public.coupons (code text primary key, worth numeric(10,2) not null check (worth > 0));
alter table public.orders enable row level security; alter table public.coupons enable row level security;
create policy "customers see their orders" on public.orders for select to authenticated using (customer_id = (select auth.uid()));
-- @leak: the order may be anybody's
create function public.redeem(code_in text, order_in uuid) returns numeric language plpgsql security definer set search_path = '' as $$
declare w numeric; begin
  if auth.uid() is null then raise exception 'sign in'; end if;
  select worth into w from public.coupons where code = code_in;
  update public.orders set discount = coalesce(w, 0) where id = order_in;
  return w; end $$;
-- @sound
create function public.redeem(code_in text, order_in uuid) returns numeric language plpgsql security definer set search_path = '' as $$
declare w numeric; begin
  if auth.uid() is null then raise exception 'sign in'; end if;
  select worth into w from public.coupons where code = code_in;
  update public.orders set discount = coalesce(w, 0) where id = order_in and customer_id = auth.uid();
  return w; end $$;
