-- A text is for everybody from a moment on.
CREATE TABLE press (
    id uuid PRIMARY KEY,
    title text,
    body text,
    publish_at timestamptz NOT NULL,
    author_id uuid NOT NULL REFERENCES auth.users
);
ALTER TABLE press ENABLE ROW LEVEL SECURITY;
CREATE POLICY pub ON press FOR SELECT USING (publish_at <= now());
CREATE POLICY own ON press FOR ALL TO authenticated
    USING (author_id = (SELECT auth.uid())) WITH CHECK (author_id = (SELECT auth.uid()));
GRANT SELECT ON press TO anon;
GRANT SELECT, INSERT, UPDATE, DELETE ON press TO authenticated;
