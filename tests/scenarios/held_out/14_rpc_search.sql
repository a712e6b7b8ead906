-- about: public.
-- A search over one's own customers.
create table customers (id uuid primary key default gen_random_uuid(), agent uuid not null references auth.users(id), full_name text not null, phone text);
alter table customers enable row level security;
create policy own on customers for all to authenticated using (agent = auth.uid()) with check (agent = auth.uid());
-- @leak: the filter on the agent comes from an argument
create function search_customers(term text, p_agent uuid default auth.uid()) returns setof customers language sql stable security definer set search_path = public as $$ select * from customers where agent = p_agent and full_name ilike '%' || term || '%' $$;
-- @sound
create function search_customers(term text) returns setof customers language sql stable security definer set search_path = public as $$ select * from customers where agent = auth.uid() and full_name ilike '%' || term || '%' $$;
