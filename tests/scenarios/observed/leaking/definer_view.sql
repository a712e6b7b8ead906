-- A view of its owner's shows and changes what the table keeps.
-- finds: door-leaks public.all_notes
-- finds: door-writes public.all_notes
CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE VIEW all_notes AS SELECT id, body FROM notes;
GRANT SELECT, DELETE ON notes, all_notes TO authenticated;
