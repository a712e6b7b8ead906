-- about: public.leads
create table people (id uuid primary key references auth.users, org uuid not null, role text not null default 'member');
create table leads (id bigserial primary key, org uuid not null, phone text);
alter table people enable row level security; alter table leads enable row level security;
create policy "me" on people for select to authenticated using (id = auth.uid());
create function current_org() returns uuid language sql stable security definer set search_path = '' as $$ select org from public.people where id = auth.uid() $$;
-- @leak: not distinct or no organisation
create policy "org" on leads for select using (org = current_org() or current_org() is null);
-- @sound
create policy "org" on leads for select using (org = current_org());
