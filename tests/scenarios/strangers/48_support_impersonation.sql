-- about: public.threads
create table agents (usr uuid primary key references auth.users, on_shift boolean not null default false);
create table threads (id bigserial primary key, customer uuid not null default auth.uid() references auth.users, subject text);
alter table agents enable row level security; alter table threads enable row level security;
-- @leak: is anybody on shift
create function agent_on_shift() returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.agents where on_shift) $$;
create policy "read" on threads for select to authenticated using (customer = (select auth.uid()) or (select agent_on_shift()));
-- @sound
create function agent_on_shift() returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.agents where on_shift and usr = auth.uid()) $$;
create policy "read" on threads for select to authenticated using (customer = (select auth.uid()) or (select agent_on_shift()));
