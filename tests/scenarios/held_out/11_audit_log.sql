-- about: public.
-- A trigger writes what happened; only its owner's history is shown.
create table wallets (id uuid primary key default gen_random_uuid(), holder uuid not null references auth.users(id), pin_hash text, cents bigint not null default 0);
create table wallet_log (id bigserial primary key, wallet_id uuid not null, holder uuid, old_row jsonb, at timestamptz default now());
alter table wallets enable row level security;
create policy own on wallets for all to authenticated using (holder = auth.uid()) with check (holder = auth.uid());
create function log_wallet() returns trigger language plpgsql security definer set search_path = public as $$
begin insert into wallet_log (wallet_id, holder, old_row) values (old.id, old.holder, to_jsonb(old)); return new; end $$;
create trigger log after update on wallets for each row execute function log_wallet();
-- @leak: nobody thought of the log
select 1;
-- @sound
alter table wallet_log enable row level security;
create policy own on wallet_log for select to authenticated using (holder = auth.uid());
