-- about: public.exams
create table courses (id uuid primary key default gen_random_uuid(), teacher uuid not null references auth.users);
create table enrolments (course uuid not null references courses, student uuid not null references auth.users, primary key (course, student));
create table exams (id uuid primary key default gen_random_uuid(), course uuid not null references courses, questions jsonb not null, opens timestamptz not null, closes timestamptz not null, check (closes > opens));
alter table courses enable row level security; alter table enrolments enable row level security; alter table exams enable row level security;
create policy "me" on enrolments for select to authenticated using (student = auth.uid());
create policy "teach" on courses for all to authenticated using (teacher = auth.uid()) with check (teacher = auth.uid());
-- @leak: the window opens exams to everybody
create policy "sit" on exams for select to authenticated using (now() between opens and closes or exists (select 1 from enrolments e where e.course = exams.course and e.student = auth.uid()));
-- @sound
create policy "sit" on exams for select to authenticated using (now() between opens and closes and exists (select 1 from enrolments e where e.course = exams.course and e.student = auth.uid()));
