-- Pages for everybody; who edits adds a version in the own name.
CREATE TABLE pages (
    id uuid PRIMARY KEY,
    slug text UNIQUE NOT NULL,
    body text,
    updated_by uuid REFERENCES auth.users DEFAULT auth.uid()
);
CREATE TABLE page_versions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    page_id uuid NOT NULL REFERENCES pages,
    body text,
    edited_by uuid NOT NULL REFERENCES auth.users
);
ALTER TABLE pages ENABLE ROW LEVEL SECURITY;
ALTER TABLE page_versions ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON pages FOR SELECT USING (true);
CREATE POLICY a ON page_versions FOR SELECT USING (true);
CREATE POLICY mk ON page_versions FOR INSERT TO authenticated WITH CHECK (edited_by = (SELECT auth.uid()));
GRANT SELECT ON pages, page_versions TO anon, authenticated;
GRANT INSERT ON page_versions TO authenticated;
