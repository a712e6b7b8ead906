-- sub-select-ignores-row
create table customers (id uuid primary key references auth.users on delete cascade, full_name text, phone text,
    stripe_customer_id text);
create table products (id uuid primary key default gen_random_uuid(), name text not null, price numeric(10,2) not
    null, active boolean not null default true, cost_price numeric(10,2));
create table carts (id uuid primary key default gen_random_uuid(), customer_id uuid references customers on delete
    cascade);
create table cart_items (cart_id uuid references carts on delete cascade, product_id uuid references products, qty
    int check (qty > 0), primary key (cart_id, product_id));
create table orders (id uuid primary key default gen_random_uuid(), customer_id uuid not null references customers,
    status text not null default 'pending', total numeric(10,2));
create table order_items (id bigserial primary key, order_id uuid not null references orders on delete cascade,
    product_id uuid references products, qty int, unit_price numeric(10,2));
create index on carts (customer_id); create index on orders(customer_id); create index on order_items(order_id);
do $$ declare t text; begin
  foreach t in array array['customers','products','carts','cart_items','orders','order_items'] loop
    execute format('alter table public.%I enable row level security', t);
  end loop; end $$;
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
revoke select on products from anon, authenticated;
grant select (id, name, price, active) on products to anon, authenticated;
revoke insert, update, delete on products, orders, order_items, customers from anon, authenticated;
grant insert (id, full_name, phone), update (full_name, phone) on customers to authenticated;
create policy products_public on products for select to anon, authenticated using (active);
create policy customers_self on customers for select to authenticated using (id = (select auth.uid()));
create policy customers_self_ins on customers for insert to authenticated with check (id = (select auth.uid()));
create policy customers_self_upd on customers for update to authenticated using (id = (select auth.uid())) with check
    (id = (select auth.uid()));
create policy carts_own on carts for all to authenticated using (customer_id = (select auth.uid())) with check
    (customer_id = (select auth.uid()));
create policy cart_items_own on cart_items for all to authenticated using (cart_id in (select c.id from carts c where
    c.customer_id = (select auth.uid()))) with check (cart_id in (select c.id from carts c where c.customer_id =
    (select auth.uid())));
create policy orders_own on orders for select to authenticated using (customer_id = (select auth.uid()));
create policy order_items_own on order_items for select to authenticated using (exists (select 1 from orders o where
    o.id = order_items.order_id and o.customer_id = (select auth.uid())));

drop policy order_items_own on order_items;
create policy order_items_own on order_items for select to authenticated using (exists (select 1 from orders o where
    o.customer_id = (select auth.uid())));
