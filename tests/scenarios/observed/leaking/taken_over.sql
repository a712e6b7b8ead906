-- The old owner is not asked for: everybody's rows can be made one's own.
-- finds: foreign-row-written public.notes
CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON notes FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY edit ON notes FOR UPDATE TO authenticated USING (true) WITH CHECK (user_id = (SELECT auth.uid()));
GRANT SELECT, UPDATE ON notes TO authenticated;
