-- A flag in one's own profile makes an administrator, and nobody sets it for themselves.
CREATE TABLE profiles (
    id uuid PRIMARY KEY REFERENCES auth.users(id),
    username text UNIQUE,
    avatar_url text,
    is_admin boolean NOT NULL DEFAULT false
);
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated, anon;
CREATE FUNCTION private.is_admin() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT coalesce((SELECT is_admin
    FROM public.profiles WHERE id = auth.uid()), false) $$;
CREATE POLICY "Public profiles are viewable by everyone" ON profiles FOR SELECT USING (true);
CREATE POLICY "Users can update own profile" ON profiles FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) = id) WITH CHECK ((SELECT auth.uid()) = id);
GRANT SELECT ON profiles TO anon, authenticated;
GRANT UPDATE (username, avatar_url) ON profiles TO authenticated;
CREATE TABLE posts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author_id uuid NOT NULL REFERENCES profiles(id),
    title text,
    body text,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft','published','archived'))
);
ALTER TABLE posts ENABLE ROW LEVEL SECURITY;
CREATE POLICY read ON posts FOR SELECT
    USING (status = 'published' OR author_id = (SELECT auth.uid()) OR (SELECT private.is_admin()));
CREATE POLICY ins ON posts FOR INSERT TO authenticated WITH CHECK (author_id = (SELECT auth.uid()));
CREATE POLICY upd ON posts FOR UPDATE TO authenticated
    USING (author_id = (SELECT auth.uid()) OR (SELECT private.is_admin()));
CREATE POLICY del ON posts FOR DELETE TO authenticated
    USING (author_id = (SELECT auth.uid()) OR (SELECT private.is_admin()));
GRANT SELECT ON posts TO anon;
GRANT SELECT, INSERT, UPDATE, DELETE ON posts TO authenticated;
CREATE TABLE comments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    post_id bigint NOT NULL REFERENCES posts(id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES profiles(id),
    body text
);
ALTER TABLE comments ENABLE ROW LEVEL SECURITY;
CREATE POLICY read ON comments FOR SELECT
    USING (EXISTS (SELECT 1 FROM posts p WHERE p.id = post_id AND p.status='published'));
CREATE POLICY ins ON comments FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid())
    AND EXISTS (SELECT 1 FROM posts p WHERE p.id = post_id AND p.status='published'));
CREATE POLICY del ON comments FOR DELETE TO authenticated USING (user_id = (SELECT auth.uid()));
GRANT SELECT ON comments TO anon;
GRANT SELECT, INSERT, DELETE ON comments TO authenticated;
