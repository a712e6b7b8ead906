-- definer-function
-- The answer of a helper is thrown away, and a strict look-up is of the row and not of the caller.
create schema private; grant usage on schema private to authenticated;
create table public.member (org_id bigint, user_id uuid, primary key (org_id, user_id));
create table public.invoice (id bigint primary key, org_id bigint not null, paid_at timestamptz);
create index on public.member (user_id);
create index on public.invoice (org_id);
alter table public.member enable row level security;
alter table public.invoice enable row level security;
create policy own on public.member for select to authenticated using (user_id = (select auth.uid()));
create policy read on public.invoice for select to authenticated using (
    org_id in (select m.org_id from public.member m where m.user_id = (select auth.uid())));
create function private.is_member(org bigint) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (select 1 from public.member where org_id = org and user_id = auth.uid());
end $$;
create function public.mark_paid(invoice bigint) returns void
language plpgsql security definer set search_path = '' as $$
declare o bigint;
begin
  select i.org_id into strict o from public.invoice i where i.id = invoice;
  perform private.is_member(o);
  update public.invoice set paid_at = now() where id = invoice;
end $$;
revoke execute on function public.mark_paid(bigint) from public, anon;
grant execute on function public.mark_paid(bigint) to authenticated;
grant select, insert, update, delete on all tables in schema public to anon, authenticated;
