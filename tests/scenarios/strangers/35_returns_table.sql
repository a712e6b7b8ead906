-- about: public.visits
create table clinics (id bigserial primary key, name text);
create table staff (clinic_id bigint not null references clinics, user_id uuid not null references auth.users, kind text not null, until date, primary key (clinic_id, user_id));
create table visits (id bigserial primary key, clinic_id bigint not null references clinics, patient text not null);
alter table clinics enable row level security; alter table staff enable row level security; alter table visits enable row level security;
create policy "me" on staff for select to authenticated using (user_id = auth.uid());
-- @leak: whose staff row is not asked
create function my_clinics() returns table (clinic bigint, kind text) language sql stable security definer set search_path = '' as $$ select s.clinic_id, s.kind from public.staff s where s.until is null or s.until > current_date $$;
create policy "read" on visits for select to authenticated using (exists (select 1 from my_clinics() m where m.clinic = visits.clinic_id and m.kind in ('doctor','nurse')));
-- @sound
create function my_clinics() returns table (clinic bigint, kind text) language sql stable security definer set search_path = '' as $$ select s.clinic_id, s.kind from public.staff s where s.user_id = auth.uid() and (s.until is null or s.until > current_date) $$;
create policy "read" on visits for select to authenticated using (exists (select 1 from my_clinics() m where m.clinic = visits.clinic_id and m.kind in ('doctor','nurse')));
