-- about: public.payouts
-- A function in plpgsql that refuses first and lets in last.
create table drivers (id uuid primary key references auth.users(id), suspended boolean not null default false);
create table payouts (id uuid primary key default gen_random_uuid(), driver_id uuid not null references drivers(id), iban text, cents int);
alter table drivers enable row level security; alter table payouts enable row level security;
create policy self on drivers for select to authenticated using (id = auth.uid());
-- @leak: the last line lets in everybody who is not suspended
create function may_see_payout(owner uuid) returns boolean language plpgsql stable security definer set search_path = public as $$
begin
  if auth.uid() is null then return false; end if;
  if exists (select 1 from drivers where id = auth.uid() and suspended) then return false; end if;
  if owner = auth.uid() then return true; end if;
  return true;
end $$;
create policy p on payouts for select using (may_see_payout(driver_id));
-- @sound
create function may_see_payout(owner uuid) returns boolean language plpgsql stable security definer set search_path = public as $$
begin
  if auth.uid() is null then return false; end if;
  if exists (select 1 from drivers where id = auth.uid() and suspended) then return false; end if;
  return owner = auth.uid();
end $$;
create policy p on payouts for select using (may_see_payout(driver_id));
