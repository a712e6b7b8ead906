-- Courses with teachers and students, previews for everybody, answers that a teacher grades.
CREATE TABLE instructors (user_id uuid PRIMARY KEY REFERENCES auth.users, bio text);
CREATE TABLE courses (
    id uuid PRIMARY KEY,
    instructor_id uuid NOT NULL REFERENCES instructors,
    title text,
    published boolean NOT NULL DEFAULT false
);
CREATE TABLE enrollments (
    course_id uuid REFERENCES courses,
    student_id uuid REFERENCES auth.users,
    enrolled_at timestamptz DEFAULT now(),
    PRIMARY KEY (course_id, student_id)
);
CREATE TABLE lectures (
    id uuid PRIMARY KEY,
    course_id uuid NOT NULL REFERENCES courses,
    video_url text,
    preview boolean NOT NULL DEFAULT false
);
CREATE TABLE submissions (
    id uuid PRIMARY KEY,
    lecture_id uuid NOT NULL REFERENCES lectures,
    student_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users,
    answer text,
    grade int
);
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated, anon;
CREATE FUNCTION private.teaches(c uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path=''
    AS $$ SELECT EXISTS (SELECT 1 FROM public.courses WHERE id = c AND instructor_id = auth.uid()) $$;
CREATE FUNCTION private.attends(c uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path=''
    AS $$ SELECT EXISTS (SELECT 1 FROM public.enrollments WHERE course_id = c AND student_id = auth.uid()) $$;
ALTER TABLE instructors ENABLE ROW LEVEL SECURITY;
ALTER TABLE courses ENABLE ROW LEVEL SECURITY;
ALTER TABLE enrollments ENABLE ROW LEVEL SECURITY;
ALTER TABLE lectures ENABLE ROW LEVEL SECURITY;
ALTER TABLE submissions ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON instructors FOR SELECT USING (true);
CREATE POLICY see ON courses FOR SELECT USING (published OR instructor_id = (SELECT auth.uid()));
CREATE POLICY own ON courses FOR ALL TO authenticated
    USING (instructor_id = (SELECT auth.uid()))
    WITH CHECK (instructor_id = (SELECT auth.uid())
    AND EXISTS (SELECT 1 FROM instructors i WHERE i.user_id = (SELECT auth.uid())));
CREATE POLICY see ON enrollments FOR SELECT TO authenticated
    USING (student_id = (SELECT auth.uid()) OR private.teaches(course_id));
CREATE POLICY see ON lectures FOR SELECT USING (preview OR private.attends(course_id) OR private.teaches(course_id));
CREATE POLICY own ON lectures FOR ALL TO authenticated
    USING (private.teaches(course_id)) WITH CHECK (private.teaches(course_id));
CREATE POLICY see ON submissions FOR SELECT TO authenticated
    USING (student_id = (SELECT auth.uid())
    OR EXISTS (SELECT 1 FROM lectures l WHERE l.id = lecture_id AND private.teaches(l.course_id)));
CREATE POLICY mk ON submissions FOR INSERT TO authenticated
    WITH CHECK (student_id = (SELECT auth.uid()) AND grade IS NULL
    AND EXISTS (SELECT 1 FROM lectures l WHERE l.id = lecture_id AND private.attends(l.course_id)));
CREATE POLICY gr ON submissions FOR UPDATE TO authenticated
    USING (EXISTS (SELECT 1 FROM lectures l WHERE l.id = lecture_id AND private.teaches(l.course_id)));
GRANT SELECT ON instructors, courses, lectures TO anon, authenticated;
GRANT INSERT, UPDATE, DELETE ON courses, lectures TO authenticated;
GRANT SELECT ON enrollments TO authenticated;
GRANT SELECT, INSERT, UPDATE (grade) ON submissions TO authenticated;
