-- Inventory of a company: admins by claim, departments by claim array, soft delete
create table public.departments (id text primary key, name text not null);
create table public.assets (
  id bigint generated always as identity (start with 100) primary key,
  tag text not null, department_id text not null references public.departments (id) on update cascade,
  holder uuid references auth.users (id), value numeric(10, 2), bought date, details jsonb not null default '{}'::jsonb,
  deleted_at timestamptz, deleted_by uuid,
  constraint assets_tag_key unique nulls not distinct (tag, deleted_at),
  constraint deleted_by_somebody check ((deleted_at is null) = (deleted_by is null))
);
create index assets_department on public.assets (department_id) where deleted_at is null;
create table public.transfers (id bigint generated always as identity primary key, asset_id bigint not null references public.assets, from_user uuid, to_user uuid, requested_at timestamptz not null default now(), approved boolean);
create table public.logs (id bigint generated always as identity primary key, who uuid default auth.uid(), what text, at timestamptz default now());
alter table public.departments enable row level security;
alter table public.assets enable row level security;
alter table public.transfers enable row level security;
alter table public.logs enable row level security;
create policy "read departments" on public.departments for select to authenticated using (true);
create policy "admins write departments" on public.departments for all to authenticated
  using (coalesce((auth.jwt() -> 'app_metadata' ->> 'is_admin')::boolean, false)) with check (coalesce((auth.jwt() -> 'app_metadata' ->> 'is_admin')::boolean, false));
create policy "department reads" on public.assets for select to authenticated using (
  deleted_at is null and (auth.jwt() -> 'app_metadata' -> 'departments') ? department_id);
create policy "holder reads" on public.assets for select to authenticated using (holder = auth.uid());
create policy "admins" on public.assets for all to authenticated using ((auth.jwt() -> 'app_metadata' ->> 'role') = 'admin') with check ((auth.jwt() -> 'app_metadata' ->> 'role') = 'admin');
create policy "no hard deletes" on public.assets as restrictive for delete to authenticated using (false);
create policy "sides read" on public.transfers for select to authenticated using (from_user = auth.uid() or to_user = auth.uid());
create policy "holder requests" on public.transfers for insert to authenticated with check (from_user = auth.uid() and asset_id in (select id from public.assets where holder = auth.uid()));
create policy "admins approve" on public.transfers for update to authenticated using ((select (auth.jwt() -> 'app_metadata' ->> 'role')) = any (array['admin', 'lead']));
create policy "append only" on public.logs for insert to authenticated with check (who = (select auth.uid()));
create policy "service reads" on public.logs for select to service_role using (true);
create policy "not on weekends" on public.transfers as restrictive for insert to authenticated with check (extract(isodow from now()) < 6);
create function public.soft_delete(asset bigint) returns void language plpgsql security invoker as $$
begin update public.assets set deleted_at = now(), deleted_by = auth.uid() where id = asset; end $$;
create function public.log_change() returns trigger language plpgsql security definer set search_path = '' as $$
begin insert into public.logs (what) values (format('%s on %I', tg_op, tg_table_name)); return null; end $$;
create trigger log_assets after insert or update or delete on public.assets for each statement execute function public.log_change();
create trigger log_transfers after insert on public.transfers referencing new table as added for each statement execute function public.log_change();
