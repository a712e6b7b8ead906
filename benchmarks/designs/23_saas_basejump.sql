-- accounts in the manner of basejump
create schema if not exists basejump;
grant usage on schema basejump to authenticated, service_role;
create type basejump.account_role as enum ('owner', 'member');
create type basejump.invitation_type as enum ('one_time', '24_hour');
create table basejump.config (enable_team_accounts boolean default true, enable_personal_account_billing boolean default true, billing_provider text default 'stripe');
create table basejump.accounts (
  id uuid unique not null default gen_random_uuid(),
  primary_owner_user_id uuid references auth.users not null default auth.uid(),
  name text, slug text unique, personal_account boolean default false not null,
  updated_at timestamp with time zone, created_at timestamp with time zone,
  created_by uuid references auth.users, updated_by uuid references auth.users,
  private_metadata jsonb default '{}'::jsonb, public_metadata jsonb default '{}'::jsonb,
  primary key (id)
);
alter table basejump.accounts add constraint basejump_accounts_slug_null_if_personal_account_true check ((personal_account = true and slug is null) or (personal_account = false and slug is not null));
create table basejump.account_user (
  user_id uuid references auth.users on delete cascade not null,
  account_id uuid references basejump.accounts on delete cascade not null,
  account_role basejump.account_role not null,
  constraint account_user_pkey primary key (user_id, account_id)
);
create table basejump.invitations (
  id uuid unique not null default gen_random_uuid() primary key,
  account_role basejump.account_role not null, account_id uuid references basejump.accounts (id) on delete cascade not null,
  token text unique not null default 'x', invited_by_user_id uuid references auth.users not null, account_name text,
  created_at timestamptz, invitation_type basejump.invitation_type not null
);
create or replace function basejump.get_config() returns json language sql stable as $$ select row_to_json(c) from basejump.config c limit 1 $$;
create or replace function basejump.is_set(field_name text) returns boolean as $$
declare result boolean;
begin
  execute format('select %I from basejump.config limit 1', field_name) into result;
  return result;
end; $$ language plpgsql;
create or replace function basejump.has_role_on_account(account_id uuid, account_role basejump.account_role default null) returns boolean language sql security definer set search_path = public as $$
  select exists (select 1 from basejump.account_user wu where wu.user_id = auth.uid() and wu.account_id = has_role_on_account.account_id
    and (wu.account_role = has_role_on_account.account_role or has_role_on_account.account_role is null));
$$;
create or replace function basejump.get_accounts_with_role(passed_in_role basejump.account_role default null) returns setof uuid language sql security definer set search_path = public as $$
  select account_id from basejump.account_user wu where wu.user_id = auth.uid() and (wu.account_role = passed_in_role or passed_in_role is null);
$$;
grant execute on function basejump.has_role_on_account(uuid, basejump.account_role) to authenticated, anon, public, service_role;
alter default privileges in schema public revoke execute on functions from public;
grant select, insert, update, delete on basejump.accounts, basejump.account_user, basejump.invitations to authenticated, service_role;
grant select on basejump.config to authenticated, service_role;
alter table basejump.config enable row level security;
alter table basejump.accounts enable row level security;
alter table basejump.account_user enable row level security;
alter table basejump.invitations enable row level security;
create policy "Basejump settings can be read by authenticated users" on basejump.config for select to authenticated using (true);
create policy "users can view their own account_users" on basejump.account_user for select to authenticated using (user_id = auth.uid());
create policy "users can view their teammates" on basejump.account_user for select to authenticated using (basejump.has_role_on_account(account_id) = true);
create policy "Account users can be deleted by owners except primary account owner" on basejump.account_user for delete to authenticated using (
  (basejump.has_role_on_account(account_id, 'owner') = true) and user_id != (select primary_owner_user_id from basejump.accounts where account_id = accounts.id));
create policy "Accounts are viewable by members" on basejump.accounts for select to authenticated using (basejump.has_role_on_account(id) = true);
create policy "Accounts are viewable by primary owner" on basejump.accounts for select to authenticated using (primary_owner_user_id = auth.uid());
create policy "Team accounts can be created by any user" on basejump.accounts for insert to authenticated with check (basejump.is_set('enable_team_accounts') = true and personal_account = false);
create policy "Accounts can be edited by owners" on basejump.accounts for update to authenticated using (basejump.has_role_on_account(id, 'owner') = true);
create policy "Invitations viewable by account owners" on basejump.invitations for select to authenticated using (
  created_at > (now() - interval '24 hours') and basejump.has_role_on_account(account_id, 'owner') = true);
create policy "Invitations can be created by account owners" on basejump.invitations for insert to authenticated with check (
  basejump.is_set('enable_team_accounts') = true and (select personal_account from basejump.accounts where id = account_id) = false and basejump.has_role_on_account(account_id, 'owner') = true);
create policy "Invitations can be deleted by account owners" on basejump.invitations for delete to authenticated using (basejump.has_role_on_account(account_id, 'owner') = true);
