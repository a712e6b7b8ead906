-- Folders in folders, and files in them: what is below is as visible as its owner's top.
CREATE TABLE folders (
    id int PRIMARY KEY,
    parent_id int REFERENCES folders (id),
    owner_id uuid NOT NULL REFERENCES auth.users (id),
    name text NOT NULL,
    CHECK (parent_id IS NULL OR parent_id <> id)
);
CREATE TABLE files (id int PRIMARY KEY, folder_id int NOT NULL REFERENCES folders (id), content bytea);
ALTER TABLE folders ENABLE ROW LEVEL SECURITY;
ALTER TABLE files ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON folders TO authenticated USING (owner_id = (SELECT auth.uid()));
CREATE POLICY inherit ON files TO authenticated USING (folder_id = ANY (ARRAY(SELECT id FROM folders)));
GRANT SELECT, INSERT, UPDATE, DELETE ON folders, files TO authenticated;
