-- about: public.grades
-- A school: teachers teach classes, pupils are enrolled; a grade is seen by its pupil and by the teachers of the class.
create table public.classes (id bigint generated always as identity primary key, title text not null);
create table public.class_people (class_id bigint not null references public.classes(id) on delete cascade, person uuid not null references auth.users(id), as_what text not null check (as_what in ('teacher','pupil')), primary key (class_id, person));
create table public.grades (id bigint generated always as identity primary key, class_id bigint not null references public.classes(id), pupil uuid not null references auth.users(id), mark numeric(3,1) not null check (mark between 1 and 6), given_at date not null default current_date);
alter table public.classes enable row level security; alter table public.class_people enable row level security; alter table public.grades enable row level security;
create schema app; grant usage on schema app to authenticated;
create function app.is_teacher(c bigint) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.class_people p where p.class_id = c and p.person = auth.uid() and p.as_what = 'teacher') $$;
create policy "people of a class" on public.classes for select to authenticated using (exists (select 1 from public.class_people p where p.class_id = id and p.person = (select auth.uid())));
create policy "own entries" on public.class_people for select to authenticated using (person = (select auth.uid()));
create policy "pupils see their grades" on public.grades for select to authenticated using (pupil = (select auth.uid()) or app.is_teacher(class_id));
create policy "teachers grade" on public.grades for insert to authenticated with check (app.is_teacher(class_id));
-- @leak: whoever sees a grade may correct it
create policy "teachers correct" on public.grades for update to authenticated using (pupil = (select auth.uid()) or app.is_teacher(class_id));
-- @sound
create policy "teachers correct" on public.grades for update to authenticated using (app.is_teacher(class_id));
