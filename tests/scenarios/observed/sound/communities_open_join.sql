-- Everybody joins a community that says that it is public; the others are joined by nobody.
CREATE TABLE communities (
    id uuid PRIMARY KEY,
    name text,
    is_public boolean NOT NULL DEFAULT false,
    owner_id uuid NOT NULL REFERENCES auth.users(id)
);
CREATE TABLE memberships (
    community_id uuid NOT NULL REFERENCES communities(id),
    user_id uuid NOT NULL REFERENCES auth.users(id),
    PRIMARY KEY (community_id, user_id)
);
CREATE TABLE topics (
    id uuid PRIMARY KEY,
    community_id uuid NOT NULL REFERENCES communities(id),
    author_id uuid NOT NULL REFERENCES auth.users(id),
    body text
);
ALTER TABLE communities ENABLE ROW LEVEL SECURITY;
ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE topics ENABLE ROW LEVEL SECURITY;
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE FUNCTION private.mine() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT community_id
    FROM public.memberships WHERE user_id = auth.uid() $$;
CREATE POLICY see ON communities FOR SELECT TO authenticated
    USING (is_public OR owner_id = (SELECT auth.uid()) OR id IN (SELECT private.mine()));
CREATE POLICY see ON memberships FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()) OR community_id IN (SELECT private.mine()));
CREATE POLICY jn ON memberships FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid())
    AND EXISTS (SELECT 1 FROM communities c WHERE c.id = community_id AND c.is_public));
CREATE POLICY lv ON memberships FOR DELETE TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY rd ON topics FOR SELECT TO authenticated USING (community_id IN (SELECT private.mine()));
CREATE POLICY wr ON topics FOR INSERT TO authenticated
    WITH CHECK (author_id = (SELECT auth.uid()) AND community_id IN (SELECT private.mine()));
GRANT SELECT ON communities TO authenticated;
GRANT SELECT, INSERT, DELETE ON memberships TO authenticated;
GRANT SELECT, INSERT ON topics TO authenticated;
