-- about: public.stores
create type region as enum ('north','south','all');
create table managers (usr uuid primary key references auth.users, area region not null);
create table stores (id bigserial primary key, area region not null, revenue numeric not null, check (area <> 'all'));
alter table managers enable row level security; alter table stores enable row level security;
create policy "me" on managers for select to authenticated using (usr = auth.uid());
-- @leak: a manager's area is compared with itself
create policy "read" on stores for select to authenticated using (exists (select 1 from managers m where m.usr = auth.uid() and (m.area = 'all' or area = m.area)));
-- @sound
create policy "read" on stores for select to authenticated using (exists (select 1 from managers m where m.usr = auth.uid() and (m.area = 'all' or stores.area = m.area)));
