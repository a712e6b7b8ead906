-- A catalogue by a view, one's own rows by a view, and figures.
create table products (id bigint primary key, name text, price numeric, supplier_cost numeric, active boolean);
create table reviews (id bigint generated always as identity primary key, product_id bigint references products,
    user_id uuid not null default auth.uid(), stars int, body text);
create table purchases (id bigint generated always as identity primary key, product_id bigint references products,
    user_id uuid not null references auth.users, qty int);
create index on reviews(product_id); create index on reviews(user_id); create index on purchases(product_id); create
    index on purchases(user_id);
alter table products enable row level security; alter table reviews enable row level security; alter table purchases
    enable row level security;
create policy r on reviews for select using (true);
create policy i on reviews for insert to authenticated with check (user_id = (select auth.uid()) and exists (select 1
    from purchases p where p.user_id = (select auth.uid()) and p.product_id = reviews.product_id));
create policy p on purchases for select to authenticated using (user_id = (select auth.uid()));
create view catalogue with (security_barrier) as select id, name, price from products where active;
create view my_purchases as select p.id, p.qty, x.name from purchases p join products x on x.id = p.product_id where
    p.user_id = (select auth.uid());
create view product_ratings as select product_id, avg(stars) as stars, count(*) as n from reviews group by product_id;
create materialized view bestsellers as select product_id, sum(qty) as sold from purchases group by product_id;
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
revoke all on products from anon, authenticated; revoke insert, update, delete on catalogue, my_purchases,
    product_ratings from anon, authenticated;
