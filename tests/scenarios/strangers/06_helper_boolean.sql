-- about: public.invoices
create table accounts (id uuid primary key default gen_random_uuid(), name text not null);
create table account_users (account_id uuid not null references accounts, user_id uuid not null references auth.users, role text not null default 'viewer' check (role in ('owner','editor','viewer')), primary key (account_id, user_id));
create table invoices (id uuid primary key default gen_random_uuid(), account_id uuid not null references accounts, total numeric not null);
alter table accounts enable row level security; alter table account_users enable row level security; alter table invoices enable row level security;
create policy "self" on account_users for select to authenticated using (user_id = auth.uid());
-- @leak: the helper compares the argument with itself
create function has_account_role(p_account uuid, p_roles text[]) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.account_users au where au.account_id = au.account_id and au.user_id = auth.uid() and au.role = any (p_roles)) $$;
create policy "read" on invoices for select to authenticated using (has_account_role(account_id, array['owner','editor','viewer']));
create policy "write" on invoices for update to authenticated using (has_account_role(account_id, array['owner','editor'])) with check (has_account_role(account_id, array['owner','editor']));
-- @sound
create function has_account_role(p_account uuid, p_roles text[]) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.account_users au where au.account_id = p_account and au.user_id = auth.uid() and au.role = any (p_roles)) $$;
create policy "read" on invoices for select to authenticated using (has_account_role(account_id, array['owner','editor','viewer']));
create policy "write" on invoices for update to authenticated using (has_account_role(account_id, array['owner','editor'])) with check (has_account_role(account_id, array['owner','editor']));
