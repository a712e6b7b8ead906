-- about: public.records
-- A clinic: records are seen by the patient and by doctors of the patient's clinic.
create table public.clinics (id uuid primary key default gen_random_uuid(), city text);
create table public.staff (user_id uuid primary key references auth.users(id), clinic_id uuid not null references public.clinics(id), position text not null check (position in ('doctor','nurse','reception')));
create table public.patients (id uuid primary key references auth.users(id), clinic_id uuid not null references public.clinics(id), full_name text not null);
create table public.records (id bigserial primary key, patient_id uuid not null references public.patients(id), finding text not null, created_at timestamptz default now());
alter table public.clinics enable row level security; alter table public.staff enable row level security; alter table public.patients enable row level security; alter table public.records enable row level security;
create policy s on public.staff for select to authenticated using (user_id = auth.uid());
create policy p on public.patients for select to authenticated using (id = auth.uid() or clinic_id = (select s.clinic_id from public.staff s where s.user_id = auth.uid()));
-- @leak: any doctor of any clinic
create policy r on public.records for select to authenticated using (patient_id = auth.uid() or exists (select 1 from public.staff s where s.user_id = auth.uid() and s.position = 'doctor'));
-- @sound
create policy r on public.records for select to authenticated using (patient_id = auth.uid() or exists (select 1 from public.staff s join public.patients p on p.clinic_id = s.clinic_id where s.user_id = auth.uid() and s.position = 'doctor' and p.id = patient_id));
