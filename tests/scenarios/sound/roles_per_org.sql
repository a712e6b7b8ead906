-- Members read, editors write, administrators of the organisation let others in; who makes one is its owner.
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE TABLE public.orgs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), owner_id uuid NOT NULL DEFAULT auth.uid());
CREATE TABLE public.members (
    org_id uuid REFERENCES public.orgs, user_id uuid REFERENCES auth.users, role text NOT NULL,
    PRIMARY KEY (org_id, user_id)
);
CREATE TABLE public.projects (id uuid PRIMARY KEY, org_id uuid NOT NULL REFERENCES public.orgs, created_by uuid);
CREATE INDEX ON public.members (user_id);
CREATE INDEX ON public.projects (org_id);
CREATE FUNCTION private.role_in(org uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT m.role FROM public.members m WHERE m.org_id = org AND m.user_id = (SELECT auth.uid()) $$;
CREATE FUNCTION private.is_admin_of(org uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM public.orgs o WHERE o.id = org AND o.owner_id = auth.uid())
        OR private.role_in(org) = 'admin';
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.orgs TO authenticated;
ALTER TABLE public.orgs ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.members TO authenticated;
ALTER TABLE public.members ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.projects TO authenticated;
ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON public.orgs FOR SELECT TO authenticated
    USING (owner_id = (SELECT auth.uid()) OR private.role_in(id) IS NOT NULL);
CREATE POLICY found_one ON public.orgs FOR INSERT TO authenticated WITH CHECK (owner_id = (SELECT auth.uid()));
CREATE POLICY manage ON public.orgs FOR UPDATE TO authenticated USING (owner_id = (SELECT auth.uid()));
CREATE POLICY see ON public.members FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()) OR private.role_in(org_id) IS NOT NULL);
CREATE POLICY let_in ON public.members FOR INSERT TO authenticated WITH CHECK (private.is_admin_of(org_id));
CREATE POLICY change ON public.members FOR UPDATE TO authenticated
    USING (private.is_admin_of(org_id)) WITH CHECK (private.is_admin_of(org_id));
CREATE POLICY leave ON public.members FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()) OR private.is_admin_of(org_id));
CREATE POLICY read ON public.projects FOR SELECT TO authenticated USING (private.role_in(org_id) IS NOT NULL);
CREATE POLICY write ON public.projects FOR INSERT TO authenticated
    WITH CHECK (private.role_in(org_id) IN ('admin', 'editor'));
CREATE POLICY change ON public.projects FOR UPDATE TO authenticated
    USING (private.role_in(org_id) = ANY (ARRAY['admin', 'editor']))
    WITH CHECK (private.role_in(org_id) = ANY (ARRAY['admin', 'editor']));
