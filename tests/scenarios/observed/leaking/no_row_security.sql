-- finds: foreign-row-written public.notes
-- finds: row-forged public.notes
-- finds: foreign-row-read public.notes
CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO authenticated;
