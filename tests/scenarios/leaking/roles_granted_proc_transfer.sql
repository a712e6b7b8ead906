-- definer-function
create table ledger (id bigint generated always as identity primary key, account uuid not null references auth.users,
    amount numeric);
create index on ledger (account);
alter table ledger enable row level security;
create policy own on ledger for select to authenticated using (account = (select auth.uid()));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;

create procedure transfer_money(a uuid, b uuid, n numeric) language plpgsql security definer set search_path = '' as
    $$ begin
 update public.ledger set amount = amount - n where account = a; update public.ledger set amount = amount + n where
    account = b; end $$;
