-- Whoever likes makes itself a member of any organisation.
-- finds: escalation public.members
-- finds: row-forged public.members
CREATE TABLE orgs (id uuid PRIMARY KEY, name text);
CREATE TABLE members (org_id uuid REFERENCES orgs (id), user_id uuid REFERENCES auth.users (id), PRIMARY KEY (org_id, user_id));
CREATE FUNCTION my_orgs() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$ SELECT org_id FROM public.members WHERE user_id = auth.uid() $$;
ALTER TABLE orgs ENABLE ROW LEVEL SECURITY;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON orgs FOR SELECT TO authenticated USING (id IN (SELECT my_orgs()));
CREATE POLICY see ON members FOR SELECT TO authenticated USING (user_id = auth.uid());
CREATE POLICY join_one ON members FOR INSERT TO authenticated WITH CHECK (user_id = auth.uid());
GRANT SELECT ON orgs TO authenticated;
GRANT SELECT, INSERT ON members TO authenticated;
