-- Anybody reads what is published; the author alone writes, and sees drafts.
CREATE TABLE posts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    author_id uuid NOT NULL REFERENCES auth.users (id),
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published')),
    published_at timestamptz,
    title text NOT NULL
);
CREATE TABLE comments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    post_id uuid NOT NULL REFERENCES posts (id),
    author_id uuid NOT NULL REFERENCES auth.users (id),
    body text NOT NULL
);
ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE comments ENABLE ROW LEVEL SECURITY;
CREATE POLICY read ON posts FOR SELECT USING (status = 'published' AND published_at <= now());
CREATE POLICY own ON posts TO authenticated USING (author_id = (SELECT auth.uid()));
CREATE POLICY read ON comments FOR SELECT USING (post_id IN (SELECT id FROM posts));
CREATE POLICY add ON comments FOR INSERT TO authenticated
    WITH CHECK (author_id = (SELECT auth.uid()) AND post_id IN (SELECT id FROM posts));
CREATE POLICY edit ON comments FOR UPDATE TO authenticated USING (author_id = (SELECT auth.uid()))
    WITH CHECK (author_id = (SELECT auth.uid()) AND post_id IN (SELECT id FROM posts));
GRANT SELECT ON posts, comments TO anon, authenticated;
GRANT INSERT, UPDATE, DELETE ON posts TO authenticated;
GRANT INSERT, UPDATE ON comments TO authenticated;
