-- Calls that assert who is calling, of a row that was looked up before.
create schema private; grant usage on schema private to authenticated;
create table public.orgs (id bigint generated always as identity primary key, name text not null);
create table public.org_users (org_id bigint not null references public.orgs on delete cascade, user_id uuid not null references auth.users on delete cascade, is_owner boolean not null default false, primary key (org_id, user_id));
create index on public.org_users (user_id);
create table public.invoices (id bigint generated always as identity primary key, org_id bigint not null references public.orgs, cents integer not null, paid_at timestamptz);
create index on public.invoices (org_id);
alter table public.orgs enable row level security; alter table public.org_users enable row level security; alter table public.invoices enable row level security;
create function private.my_orgs() returns setof bigint language sql stable security definer set search_path = '' as $$ select org_id from public.org_users where user_id = auth.uid() $$;
create function private.assert_member(org bigint) returns void language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (select from public.org_users where org_id = org and user_id = auth.uid()) then raise insufficient_privilege; end if;
end $$;
create function private.assert_owner(org bigint) returns void language plpgsql stable security definer set search_path = '' as $$
begin
  perform from public.org_users ou where ou.org_id = org and ou.user_id = auth.uid() and ou.is_owner;
  if not found then raise exception using errcode = 'insufficient_privilege', message = 'owner only'; end if;
end $$;
revoke all on all functions in schema private from public; grant execute on all functions in schema private to authenticated;
create policy a on public.orgs for select to authenticated using (id in (select private.my_orgs()));
create policy b on public.org_users for select to authenticated using (org_id in (select private.my_orgs()));
create policy c on public.invoices for select to authenticated using (org_id in (select private.my_orgs()));
create function public.mark_paid(invoice bigint) returns void language plpgsql security definer set search_path = '' as $$
declare o bigint;
begin
  select i.org_id into o from public.invoices i where i.id = invoice;
  perform private.assert_owner(o);
  update public.invoices set paid_at = now() where id = invoice;
end $$;
create function public.org_totals(org bigint) returns table (open bigint, paid bigint) language plpgsql stable security definer set search_path = '' as $$
begin
  perform private.assert_member(org);
  return query select coalesce(sum(cents) filter (where paid_at is null), 0), coalesce(sum(cents) filter (where paid_at is not null), 0) from public.invoices where org_id = org;
end $$;
create function public.remove_member(org bigint, who uuid) returns boolean language plpgsql security definer set search_path = '' as $$
begin
  if who <> (select auth.uid()) then
    perform private.assert_owner(org);
  else
    perform private.assert_member(org);
  end if;
  delete from public.org_users where org_id = org and user_id = who and not is_owner;
  return found;
end $$;
revoke execute on function public.mark_paid(bigint), public.org_totals(bigint), public.remove_member(bigint, uuid) from public, anon;
grant execute on function public.mark_paid(bigint), public.org_totals(bigint), public.remove_member(bigint, uuid) to authenticated;
grant usage on schema public to anon, authenticated, service_role;
grant all on all tables in schema public to service_role;
grant select, insert, update, delete on all tables in schema public to anon, authenticated;
grant usage, select on all sequences in schema public to anon, authenticated;
