-- Places for friends only; a friendship is asked for, and accepted by the backend.
CREATE TYPE visibility AS ENUM ('public','friends','private');
CREATE TABLE checkins (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users,
    place text,
    seen_by visibility NOT NULL DEFAULT 'private'
);
CREATE TABLE friendships (
    user_a uuid NOT NULL REFERENCES auth.users,
    user_b uuid NOT NULL REFERENCES auth.users,
    accepted boolean NOT NULL DEFAULT false,
    PRIMARY KEY (user_a, user_b),
    CHECK (user_a <= user_b)
);
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated, anon;
CREATE FUNCTION private.friends_with(o uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path=''
    AS $$ SELECT EXISTS (SELECT 1 FROM public.friendships WHERE accepted AND ((user_a = o AND user_b = auth.uid())
    OR (user_b = o AND user_a = auth.uid()))) $$;
ALTER TABLE checkins ENABLE ROW LEVEL SECURITY;
ALTER TABLE friendships ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON checkins FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()) OR seen_by = 'public'
    OR (seen_by = 'friends' AND private.friends_with(user_id)));
CREATE POLICY own ON checkins FOR ALL TO authenticated
    USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY see ON friendships FOR SELECT TO authenticated USING ((SELECT auth.uid()) IN (user_a, user_b));
CREATE POLICY ask ON friendships FOR INSERT TO authenticated
    WITH CHECK ((SELECT auth.uid()) IN (user_a, user_b) AND NOT accepted);
CREATE POLICY bye ON friendships FOR DELETE TO authenticated USING ((SELECT auth.uid()) IN (user_a, user_b));
GRANT SELECT, INSERT, UPDATE, DELETE ON checkins TO authenticated;
GRANT SELECT, INSERT, DELETE ON friendships TO authenticated;
