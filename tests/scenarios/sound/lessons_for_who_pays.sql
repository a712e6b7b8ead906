-- Lessons for who attends and has paid, previews for everybody.
create table courses (id uuid primary key default gen_random_uuid(), teacher_id uuid not null references auth.users,
    title text, published boolean default false, price int);
create table enrollments (course_id uuid references courses, student_id uuid references auth.users, paid boolean not
    null default false, primary key (course_id, student_id));
create table lessons (id uuid primary key default gen_random_uuid(), course_id uuid not null references courses,
    video_url text, is_free_preview boolean default false);
create table submissions (id uuid primary key default gen_random_uuid(), lesson_id uuid not null references lessons,
    student_id uuid not null references auth.users, answer text, grade int);
create index on courses(teacher_id); create index on enrollments(student_id); create index on lessons(course_id);
    create index on submissions(lesson_id); create index on submissions(student_id);
alter table courses enable row level security; alter table enrollments enable row level security; alter table lessons
    enable row level security; alter table submissions enable row level security;
create schema if not exists private;
create function private.teaches(c uuid) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.courses where id = c and teacher_id = (select auth.uid())) $$;
create function private.attends(c uuid) returns boolean language sql stable security definer set search_path = '' as
    $$ select exists (select 1 from public.enrollments where course_id = c and student_id = (select auth.uid()) and
    paid) $$;
grant usage on schema private to anon, authenticated;
create policy c1 on courses for select using (published or teacher_id = (select auth.uid()));
create policy c2 on courses for all to authenticated using (teacher_id = (select auth.uid())) with check (teacher_id
    = (select auth.uid()));
create policy e1 on enrollments for select to authenticated using (student_id = (select auth.uid()) or
    private.teaches(course_id));
create policy e2 on enrollments for insert to authenticated with check (student_id = (select auth.uid()) and not paid);
create policy l1 on lessons for select using (is_free_preview or private.attends(course_id) or
    private.teaches(course_id));
create policy l2 on lessons for all to authenticated using (private.teaches(course_id)) with check
    (private.teaches(course_id));
create policy s1 on submissions for select to authenticated using (student_id = (select auth.uid()) or exists (select
    1 from lessons l where l.id = submissions.lesson_id and private.teaches(l.course_id)));
create policy s2 on submissions for insert to authenticated with check (student_id = (select auth.uid()) and grade is
    null and exists (select 1 from lessons l where l.id = lesson_id and private.attends(l.course_id)));
create policy s3 on submissions for update to authenticated using (exists (select 1 from lessons l where l.id =
    submissions.lesson_id and private.teaches(l.course_id))) with check (exists (select 1 from lessons l where l.id =
    submissions.lesson_id and private.teaches(l.course_id)));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
revoke update on enrollments from anon, authenticated;
