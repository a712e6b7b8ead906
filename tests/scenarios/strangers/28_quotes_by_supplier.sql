-- about: public.quotes
create table suppliers (id bigserial primary key, name text not null);
create table supplier_users (supplier_id bigint not null references suppliers, user_id uuid not null references auth.users, primary key (supplier_id, user_id));
create table rfqs (id bigserial primary key, buyer uuid not null references auth.users);
create table quotes (id bigserial primary key, rfq_id bigint not null references rfqs, supplier_id bigint not null references suppliers, price numeric not null);
alter table suppliers enable row level security; alter table supplier_users enable row level security; alter table rfqs enable row level security; alter table quotes enable row level security;
create policy "me" on supplier_users for select to authenticated using (user_id = auth.uid());
create policy "buyer" on rfqs for select to authenticated using (buyer = auth.uid());
-- @leak: the correlation names the inner column
create policy "read" on quotes for select to authenticated using (exists (select 1 from rfqs r where r.id = rfq_id and r.buyer = auth.uid()) or exists (select 1 from supplier_users su where su.supplier_id = supplier_id and su.user_id = auth.uid()));
-- @sound
create policy "read" on quotes for select to authenticated using (exists (select 1 from rfqs r where r.id = quotes.rfq_id and r.buyer = auth.uid()) or exists (select 1 from supplier_users su where su.supplier_id = quotes.supplier_id and su.user_id = auth.uid()));
