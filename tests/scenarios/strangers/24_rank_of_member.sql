-- about: public.budgets
create table orgs (id uuid primary key default gen_random_uuid(), name text);
create table org_members (org_id uuid not null references orgs, user_id uuid not null references auth.users, rank int not null default 0 check (rank between 0 and 3), primary key (org_id, user_id));
create table budgets (id bigserial primary key, org_id uuid not null references orgs, cents bigint not null);
alter table orgs enable row level security; alter table org_members enable row level security; alter table budgets enable row level security;
create policy "me" on org_members for select to authenticated using (user_id = auth.uid());
-- @leak: rank in any organisation
create function rank_in(o uuid) returns int language sql stable security definer set search_path = '' as $$ select max(rank) from public.org_members where user_id = auth.uid() $$;
create policy "read" on budgets for select to authenticated using (rank_in(org_id) >= 2);
-- @sound
create function rank_in(o uuid) returns int language sql stable security definer set search_path = '' as $$ select max(rank) from public.org_members where user_id = auth.uid() and org_id = o $$;
create policy "read" on budgets for select to authenticated using (rank_in(org_id) >= 2);
