-- Clinic: patients, doctors, appointments; custom roles
do $$ begin
  if not exists (select from pg_roles where rolname = 'auditor') then create role auditor nologin; end if;
end $$;
grant auditor to authenticator;
create schema clinic;
grant usage on schema clinic to authenticated, auditor;
create type clinic.sex as enum ('f', 'm', 'x');
create type clinic.address as (street text, zip text, city text);
create table clinic.doctors (id uuid primary key references auth.users (id), name text not null, speciality text);
create table clinic.patients (
  id uuid primary key default gen_random_uuid(),
  auth_id uuid unique references auth.users (id) on delete set null,
  name text not null, sex clinic.sex, born date not null check (born <= current_date), home clinic.address,
  insurance_no text
);
create table clinic.treatments (
  doctor_id uuid not null references clinic.doctors, patient_id uuid not null references clinic.patients,
  since date not null default current_date, until date, primary key (doctor_id, patient_id)
);
create table clinic.records (
  id bigint generated always as identity primary key,
  patient_id uuid not null references clinic.patients on delete restrict,
  doctor_id uuid not null, at timestamptz not null default now(), diagnosis text not null, confidential boolean not null default false,
  foreign key (doctor_id, patient_id) references clinic.treatments (doctor_id, patient_id)
);
create table clinic.audit_log (id bigint generated always as identity primary key, actor uuid, action text not null, row_data jsonb, at timestamptz not null default clock_timestamp());
alter table clinic.doctors enable row level security;
alter table clinic.patients enable row level security; alter table clinic.patients force row level security;
alter table clinic.treatments enable row level security;
alter table clinic.records enable row level security; alter table clinic.records force row level security;
alter table clinic.audit_log enable row level security;
grant select on clinic.doctors, clinic.treatments to authenticated;
grant select (id, name, sex, born), insert, update (name, home) on clinic.patients to authenticated;
grant select, insert on clinic.records to authenticated;
grant select on clinic.audit_log to auditor;
create policy everyone on clinic.doctors for select to authenticated using (true);
create policy self on clinic.patients for select to authenticated using (auth_id = (select auth.uid()));
create policy treating on clinic.patients for select to authenticated using (exists (
  select from clinic.treatments t where t.patient_id = patients.id and t.doctor_id = (select auth.uid()) and (t.until is null or t.until >= current_date)));
create policy self_update on clinic.patients for update to authenticated using (auth_id = (select auth.uid())) with check (auth_id = (select auth.uid()));
create policy own_treatments on clinic.treatments for select to authenticated using (doctor_id = (select auth.uid())
  or patient_id in (select p.id from clinic.patients p where p.auth_id = (select auth.uid())));
create policy doctor_reads on clinic.records for select to authenticated using (doctor_id = (select auth.uid()));
create policy patient_reads on clinic.records for select to authenticated using (not confidential and patient_id in (select id from clinic.patients where auth_id = (select auth.uid())));
create policy doctor_writes on clinic.records for insert to authenticated with check (doctor_id = (select auth.uid()));
create policy auditors on clinic.audit_log for select to auditor using (true);
create policy no_backdating on clinic.records as restrictive for insert to authenticated with check (at <= now());
create function clinic.audit() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into clinic.audit_log (actor, action, row_data) values (auth.uid(), tg_op || ':' || tg_table_name, to_jsonb(coalesce(new, old)));
  return coalesce(new, old);
end $$;
revoke all on function clinic.audit() from public;
create trigger audit after insert or update or delete on clinic.records for each row execute function clinic.audit();
create trigger audit after insert or update or delete on clinic.patients for each row execute function clinic.audit();
