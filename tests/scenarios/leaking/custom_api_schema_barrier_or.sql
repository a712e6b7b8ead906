-- definer-view
create schema api; create schema data;
create table data.orders (id bigint generated always as identity primary key, buyer uuid not null references
    auth.users, total numeric, internal_note text);
create index on data.orders(buyer);
alter table data.orders enable row level security;
create policy buyer on data.orders for select to authenticated using (buyer = (select auth.uid()));
grant usage on schema api to anon, authenticated;
grant usage on schema data to authenticated;
grant select (id, buyer, total) on data.orders to authenticated;
create view api.orders with (security_invoker = on) as select id, total from data.orders;
grant select on api.orders to authenticated;
create view api.my_total with (security_barrier) as select sum(total) as total from data.orders where buyer =
    auth.uid();
grant select on api.my_total to authenticated;
create function api.place_order(total numeric) returns bigint language sql security definer set search_path = '' as
    $$ insert into data.orders (buyer, total) values ((select auth.uid()), total) returning id $$;
revoke execute on function api.place_order(numeric) from public; grant execute on function api.place_order(numeric)
    to authenticated;


drop view api.my_total;
create view api.my_total with (security_barrier) as select buyer, total from data.orders where buyer = auth.uid() or
    total > 0;
grant select on api.my_total to authenticated;
