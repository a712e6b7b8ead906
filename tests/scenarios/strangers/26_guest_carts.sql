-- about: public.carts
create table carts (id uuid primary key default gen_random_uuid(), user_id uuid references auth.users, items jsonb not null default '[]');
alter table carts enable row level security;
-- @leak: guests' rows meet callers without a user
create policy "own" on carts for select using (user_id is not distinct from auth.uid());
-- @sound
create policy "own" on carts for select using (user_id = auth.uid());
