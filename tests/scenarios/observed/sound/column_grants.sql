-- Colleagues see each other's names, and nobody another's salary or role.
CREATE TABLE profiles (
    id uuid PRIMARY KEY REFERENCES auth.users (id),
    display_name text,
    salary int,
    role text NOT NULL DEFAULT 'user'
);
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON profiles FOR SELECT TO authenticated USING (true);
CREATE POLICY edit ON profiles FOR UPDATE TO authenticated USING (id = (SELECT auth.uid()));
CREATE TABLE reports (id int PRIMARY KEY, body text);
ALTER TABLE reports ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION is_admin() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$ SELECT EXISTS (SELECT FROM public.profiles p WHERE p.id = (SELECT auth.uid()) AND p.role = 'admin') $$;
CREATE POLICY admins ON reports TO authenticated USING ((SELECT is_admin()));
GRANT SELECT (id, display_name), UPDATE (display_name) ON profiles TO authenticated;
GRANT SELECT ON reports TO authenticated;
