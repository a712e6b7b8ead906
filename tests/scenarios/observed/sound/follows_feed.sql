-- A private profile answers who wants to follow; the photos of the others are for everybody.
CREATE TABLE profiles (
    id uuid PRIMARY KEY REFERENCES auth.users(id),
    handle text UNIQUE,
    is_private boolean NOT NULL DEFAULT false
);
CREATE TABLE follows (
    follower_id uuid NOT NULL REFERENCES profiles(id),
    followee_id uuid NOT NULL REFERENCES profiles(id),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending','accepted')),
    PRIMARY KEY (follower_id, followee_id)
);
CREATE TABLE photos (id uuid PRIMARY KEY, owner_id uuid NOT NULL REFERENCES profiles(id), url text, caption text);
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE follows ENABLE ROW LEVEL SECURITY;
ALTER TABLE photos ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_ ON profiles FOR SELECT TO authenticated USING (true);
CREATE POLICY own ON profiles FOR UPDATE TO authenticated USING (id = (SELECT auth.uid()));
CREATE POLICY own ON follows FOR SELECT TO authenticated USING ((SELECT auth.uid()) IN (follower_id, followee_id));
CREATE POLICY ask ON follows FOR INSERT TO authenticated
    WITH CHECK (follower_id = (SELECT auth.uid()) AND status = 'pending');
CREATE POLICY answer ON follows FOR UPDATE TO authenticated
    USING (followee_id = (SELECT auth.uid())) WITH CHECK (followee_id = (SELECT auth.uid()));
CREATE POLICY stop ON follows FOR DELETE TO authenticated USING ((SELECT auth.uid()) IN (follower_id, followee_id));
CREATE POLICY see ON photos FOR SELECT TO authenticated
    USING (owner_id = (SELECT auth.uid())
    OR EXISTS (SELECT 1 FROM follows f WHERE f.followee_id = owner_id AND f.follower_id = (SELECT auth.uid()) AND f.status='accepted') OR EXISTS (SELECT 1 FROM profiles p WHERE p.id = owner_id AND NOT p.is_private));
CREATE POLICY own ON photos FOR ALL TO authenticated
    USING (owner_id = (SELECT auth.uid())) WITH CHECK (owner_id = (SELECT auth.uid()));
GRANT SELECT, UPDATE (handle, is_private) ON profiles TO authenticated;
GRANT SELECT, INSERT, DELETE, UPDATE (status) ON follows TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON photos TO authenticated;
