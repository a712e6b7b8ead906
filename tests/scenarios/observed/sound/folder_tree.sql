-- Folders in folders, files in them, and deleted files hidden by a restrictive policy.
CREATE TABLE folders (
    id uuid PRIMARY KEY,
    parent_id uuid REFERENCES folders,
    owner_id uuid NOT NULL REFERENCES auth.users,
    name text
);
CREATE TABLE files (
    id uuid PRIMARY KEY,
    folder_id uuid NOT NULL REFERENCES folders,
    name text,
    deleted_at timestamptz
);
ALTER TABLE folders ENABLE ROW LEVEL SECURITY;
ALTER TABLE files ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON folders FOR ALL TO authenticated
    USING (owner_id = (SELECT auth.uid())) WITH CHECK (owner_id = (SELECT auth.uid()));
CREATE POLICY own ON files FOR ALL TO authenticated
    USING (folder_id IN (SELECT id FROM folders WHERE owner_id = (SELECT auth.uid())))
    WITH CHECK (folder_id IN (SELECT id FROM folders WHERE owner_id = (SELECT auth.uid())));
CREATE POLICY live ON files AS RESTRICTIVE FOR SELECT TO authenticated USING (deleted_at IS NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON folders, files TO authenticated;
