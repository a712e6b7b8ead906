-- A user sets the flag that makes it an administrator.
-- finds: escalation public.profiles
CREATE TABLE profiles (id uuid PRIMARY KEY REFERENCES auth.users (id), name text, role text NOT NULL DEFAULT 'user');
CREATE TABLE reports (id int PRIMARY KEY, user_id uuid REFERENCES auth.users (id), body text);
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE reports ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON profiles TO authenticated USING (id = (SELECT auth.uid()));
CREATE POLICY see ON reports FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()) OR EXISTS (
        SELECT FROM profiles p WHERE p.id = (SELECT auth.uid()) AND p.role = 'superuser'));
GRANT SELECT, UPDATE ON profiles TO authenticated;
GRANT SELECT ON reports TO authenticated;
