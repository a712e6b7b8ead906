-- The new owner is not asked for: a row can be given away, and made in another's name.
-- finds: row-moved-to-another public.notes
-- finds: row-forged public.notes
CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON notes FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY add ON notes FOR INSERT TO authenticated WITH CHECK (true);
CREATE POLICY edit ON notes FOR UPDATE TO authenticated USING (user_id = (SELECT auth.uid())) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON notes TO authenticated;
