-- definer-function
create table wallets (user_id uuid primary key references auth.users, balance numeric not null default 0 check
    (balance >= 0));
create table transfers (id bigint generated always as identity primary key, from_user uuid not null references
    auth.users, to_user uuid not null references auth.users, amount numeric not null check (amount > 0), at
    timestamptz default now());
create index on transfers(from_user); create index on transfers(to_user);
alter table wallets enable row level security; alter table transfers enable row level security;
create policy w on wallets for select to authenticated using (user_id = (select auth.uid()));
create policy t on transfers for select to authenticated using ((select auth.uid()) = from_user or (select
    auth.uid()) = to_user);
create function pay(recipient uuid, amt numeric) returns bigint language plpgsql security definer set search_path =
    '' as $$
declare me constant uuid := (select auth.uid()); rid bigint;
begin
  if me is null then raise exception 'login'; end if;
  if amt is null or amt <= 0 then raise exception 'amount'; end if;
  update public.wallets set balance = balance - amt where user_id = me and balance >= amt;
  if not found then raise exception 'funds'; end if;
  insert into public.wallets (user_id, balance) values (recipient, amt) on conflict (user_id) do update set balance =
    public.wallets.balance + excluded.balance;
  insert into public.transfers (from_user, to_user, amount) values (me, recipient, amt) returning id into rid;
  return rid;
end $$;
create function statement(p_from date, p_to date) returns table (at timestamptz, amount numeric, direction text)
    language sql stable security definer set search_path = '' as $$
  select t.at, t.amount, case when t.to_user = (select auth.uid()) then 'in' else 'out' end
  from public.transfers t
  where (t.from_user = (select auth.uid()) or t.to_user = (select auth.uid())) and t.at::date between p_from and p_to
$$;
create function balance_of(who uuid) returns numeric language plpgsql stable security definer set search_path = '' as $$
begin
  if who is distinct from auth.uid() and coalesce(auth.jwt() -> 'app_metadata' ->> 'role', '') <> 'support' then
    raise exception 'forbidden';
  end if;
  return (select balance from public.wallets where user_id = who);
end $$;
create function close_wallet() returns void language plpgsql security definer set search_path = '' as $$
declare w public.wallets%rowtype;
begin
  select * into strict w from public.wallets where user_id = auth.uid() for update;
  if w.balance > 0 then raise exception 'not empty'; end if;
  delete from public.wallets where user_id = w.user_id;
end $$;
create function refund(tid bigint) returns void language plpgsql security definer set search_path = '' as $$
declare t record;
begin
  select * into t from public.transfers where id = tid and to_user = auth.uid();
  if t.id is null then raise exception 'not yours'; end if;
  update public.wallets set balance = balance - t.amount where user_id = t.to_user;
  update public.wallets set balance = balance + t.amount where user_id = t.from_user;
end $$;
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO anon, authenticated;

create or replace function balance_of(who uuid) returns numeric language plpgsql stable security definer set
    search_path = '' as $$
begin
  if who <> auth.uid() then
    raise exception 'forbidden';
  end if;
  return (select balance from public.wallets where user_id = who);
end $$;
