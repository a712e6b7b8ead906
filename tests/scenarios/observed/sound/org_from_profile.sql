-- The organisation and the role stand in one's profile; only the name is one's own to change.
CREATE TABLE organizations (id uuid PRIMARY KEY, name text);
CREATE TABLE profiles (
    id uuid PRIMARY KEY REFERENCES auth.users,
    organization_id uuid REFERENCES organizations,
    full_name text,
    role text NOT NULL DEFAULT 'member'
);
CREATE FUNCTION current_org() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT organization_id
    FROM public.profiles WHERE id = auth.uid() $$;
CREATE FUNCTION is_org_admin() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT coalesce((SELECT role = 'admin'
    FROM public.profiles WHERE id = auth.uid()), false) $$;
CREATE TABLE assets (id uuid PRIMARY KEY, organization_id uuid NOT NULL REFERENCES organizations, name text);
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE assets ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON organizations FOR SELECT TO authenticated USING (id = (SELECT current_org()));
CREATE POLICY see ON profiles FOR SELECT TO authenticated
    USING (id = (SELECT auth.uid()) OR organization_id = (SELECT current_org()));
CREATE POLICY upd ON profiles FOR UPDATE TO authenticated
    USING (id = (SELECT auth.uid())) WITH CHECK (id = (SELECT auth.uid()));
CREATE POLICY see ON assets FOR SELECT TO authenticated USING (organization_id = (SELECT current_org()));
CREATE POLICY adm ON assets FOR ALL TO authenticated
    USING (organization_id = (SELECT current_org()) AND (SELECT is_org_admin()))
    WITH CHECK (organization_id = (SELECT current_org()) AND (SELECT is_org_admin()));
GRANT SELECT ON organizations TO authenticated;
GRANT SELECT, UPDATE (full_name) ON profiles TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON assets TO authenticated;
