-- about: public.export_orders
create table shops (id uuid primary key default gen_random_uuid(), owner uuid not null references auth.users);
create table orders (id bigserial primary key, shop uuid not null references shops, email text not null);
alter table shops enable row level security; alter table orders enable row level security;
create policy "own" on shops for select to authenticated using (owner = auth.uid());
create policy "own" on orders for select to authenticated using (exists (select 1 from shops s where s.id = shop and s.owner = auth.uid()));
-- @leak: the guard asks for any shop
create function export_orders(p_shop uuid) returns setof orders language plpgsql stable security definer set search_path = '' as $$ begin if not exists (select 1 from public.shops where owner = auth.uid()) then raise exception 'not your shop'; end if; return query select * from public.orders where shop = p_shop; end $$;
-- @sound
create function export_orders(p_shop uuid) returns setof orders language plpgsql stable security definer set search_path = '' as $$ begin if not exists (select 1 from public.shops where id = p_shop and owner = auth.uid()) then raise exception 'not your shop'; end if; return query select * from public.orders where shop = p_shop; end $$;
