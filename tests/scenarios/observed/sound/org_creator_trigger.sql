-- Who makes an organisation becomes its owner by a trigger; owners and administrators let others in.
CREATE TABLE orgs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, slug text UNIQUE);
CREATE TABLE org_members (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id uuid NOT NULL REFERENCES orgs ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES auth.users,
    role text NOT NULL DEFAULT 'member',
    UNIQUE (org_id, user_id)
);
CREATE FUNCTION add_owner() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path=''
    AS $$ BEGIN INSERT INTO public.org_members (org_id, user_id, role)
    VALUES (new.id, auth.uid(), 'owner'); RETURN new; END $$;
CREATE TRIGGER add_owner AFTER INSERT ON orgs FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION add_owner();
CREATE FUNCTION member_role(org uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path=''
    AS $$ SELECT role FROM public.org_members WHERE org_id = org AND user_id = (SELECT auth.uid()) $$;
ALTER TABLE orgs ENABLE ROW LEVEL SECURITY;
ALTER TABLE org_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON orgs FOR SELECT TO authenticated USING (member_role(id) IS NOT NULL);
CREATE POLICY mk ON orgs FOR INSERT TO authenticated WITH CHECK (true);
CREATE POLICY ch ON orgs FOR UPDATE TO authenticated USING (member_role(id) IN ('owner','admin'));
CREATE POLICY rm ON orgs FOR DELETE TO authenticated USING (member_role(id) = 'owner');
CREATE POLICY see ON org_members FOR SELECT TO authenticated USING (member_role(org_id) IS NOT NULL);
CREATE POLICY mk ON org_members FOR INSERT TO authenticated
    WITH CHECK (member_role(org_id) IN ('owner','admin') AND role <> 'owner');
CREATE POLICY rm ON org_members FOR DELETE TO authenticated
    USING (member_role(org_id) IN ('owner','admin') OR user_id = (SELECT auth.uid()));
GRANT SELECT, INSERT, UPDATE, DELETE ON orgs TO authenticated;
GRANT SELECT, INSERT, DELETE ON org_members TO authenticated;
