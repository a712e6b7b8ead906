-- about: public.contracts
create type app_role as enum ('admin','moderator','agent');
create type app_permission as enum ('contracts.read','contracts.write');
create table user_roles (user_id uuid not null references auth.users, role app_role not null, primary key (user_id, role));
create table role_permissions (role app_role not null, permission app_permission not null, primary key (role, permission));
insert into role_permissions values ('admin','contracts.read'),('admin','contracts.write'),('agent','contracts.read');
create table contracts (id bigserial primary key, customer text not null, terms text not null);
alter table user_roles enable row level security; alter table role_permissions enable row level security; alter table contracts enable row level security;
-- @leak: the helper does not ask whose role it is
create function authorize(requested app_permission) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.user_roles ur join public.role_permissions rp on rp.role = ur.role where rp.permission = requested) $$;
create policy "read" on contracts for select to authenticated using ((select authorize('contracts.read')));
create policy "write" on contracts for update to authenticated using ((select authorize('contracts.write'))) with check ((select authorize('contracts.write')));
-- @sound
create function authorize(requested app_permission) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.user_roles ur join public.role_permissions rp on rp.role = ur.role where rp.permission = requested and ur.user_id = auth.uid()) $$;
create policy "read" on contracts for select to authenticated using ((select authorize('contracts.read')));
create policy "write" on contracts for update to authenticated using ((select authorize('contracts.write'))) with check ((select authorize('contracts.write')));
