-- about: public.patients_notes
-- Therapists see the notes of the patients that are assigned to them.
create schema if not exists app;
create table assignments (therapist_id uuid references auth.users(id), patient_no int, ended_on date, primary key (therapist_id, patient_no));
create table patients_notes (id bigserial primary key, patient_no int not null, body text not null);
alter table assignments enable row level security; alter table patients_notes enable row level security;
grant usage on schema app to authenticated;
-- @leak: the helper forgets whose assignments it lists
create function app.my_patients() returns setof int language sql stable security definer set search_path = '' as $$ select patient_no from public.assignments where ended_on is null $$;
create policy notes on patients_notes for select to authenticated using (patient_no in (select app.my_patients()));
-- @sound
create function app.my_patients() returns setof int language sql stable security definer set search_path = '' as $$ select patient_no from public.assignments where ended_on is null and therapist_id = (select auth.uid()) $$;
create policy notes on patients_notes for select to authenticated using (patient_no in (select app.my_patients()));
