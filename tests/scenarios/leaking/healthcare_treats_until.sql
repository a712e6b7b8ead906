-- rows-visible-by-status-only
create table patients (id uuid primary key default gen_random_uuid(), user_id uuid unique references auth.users,
    full_name text, dob date);
create table doctors (id uuid primary key references auth.users, licence text);
create table care_teams (patient_id uuid references patients, doctor_id uuid references doctors, since date, until
    date, primary key (patient_id, doctor_id));
create table records (id uuid primary key default gen_random_uuid(), patient_id uuid not null references patients,
    diagnosis text);
create index on care_teams(doctor_id); create index on records(patient_id);
alter table patients enable row level security; alter table doctors enable row level security; alter table care_teams
    enable row level security; alter table records enable row level security;
create function treats(p uuid) returns boolean language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (select 1 from public.care_teams c where c.patient_id = p and c.doctor_id = auth.uid() and c.since <=
    current_date and (c.until is null or c.until >= current_date));
end $$;
create function own_patient() returns uuid language sql stable security definer set search_path = '' as $$ select id
    from public.patients where user_id = auth.uid() $$;
create policy pat on patients for select to authenticated using (user_id = (select auth.uid()) or treats(id));
create policy doc on doctors for select to authenticated using (id = (select auth.uid()));
create policy ct on care_teams for select to authenticated using (doctor_id = (select auth.uid()) or patient_id =
    (select own_patient()));
create policy rec on records for select to authenticated using (patient_id = (select own_patient()) or
    treats(patient_id));
create policy rec_ins on records for insert to authenticated with check (treats(patient_id));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO anon, authenticated;

create or replace function treats(p uuid) returns boolean language plpgsql stable security definer set search_path =
    '' as $$
begin
  return exists (select 1 from public.care_teams c where c.patient_id = p and c.doctor_id = auth.uid() or c.until is
    null);
end $$;
