-- Who may read a document stands in a JSON value.
CREATE TABLE docs (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES auth.users,
    acl jsonb NOT NULL DEFAULT '{}',
    body text
);
ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON docs FOR SELECT TO authenticated
    USING (owner_id = (SELECT auth.uid()) OR acl ? (SELECT auth.uid())::text);
CREATE POLICY own ON docs FOR ALL TO authenticated
    USING (owner_id = (SELECT auth.uid())) WITH CHECK (owner_id = (SELECT auth.uid()));
GRANT SELECT, INSERT, UPDATE, DELETE ON docs TO authenticated;
