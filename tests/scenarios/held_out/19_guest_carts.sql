-- about: public.carts
-- Carts of people with and without an account.
create table carts (id uuid primary key default gen_random_uuid(), owner_id uuid references auth.users(id), guest_key uuid, address text);
alter table carts enable row level security;
create policy w on carts for insert to authenticated with check (owner_id = auth.uid());
-- @leak: NULL is distinct from nothing
create policy r on carts for select using (owner_id is not distinct from auth.uid());
-- @sound
create policy r on carts for select to authenticated using (owner_id = auth.uid());
