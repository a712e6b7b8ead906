-- Tenants by membership; a SECURITY DEFINER helper done right answers for the caller only.
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE TABLE public.organisation (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);
CREATE TABLE public.membership (
    organisation_id uuid NOT NULL REFERENCES public.organisation (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
    role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin')),
    PRIMARY KEY (organisation_id, user_id)
);
CREATE INDEX ON public.membership (user_id);
CREATE TABLE public.project (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organisation_id uuid NOT NULL REFERENCES public.organisation (id),
    title text
);
CREATE INDEX ON public.project (organisation_id);
CREATE FUNCTION private.my_organisations() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$ SELECT organisation_id FROM public.membership WHERE user_id = (SELECT auth.uid()) $$;
REVOKE EXECUTE ON FUNCTION private.my_organisations() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION private.my_organisations() TO authenticated;
CREATE FUNCTION private.administered() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$ SELECT organisation_id FROM public.membership WHERE user_id = (SELECT auth.uid()) AND role = 'admin' $$;
REVOKE EXECUTE ON FUNCTION private.administered() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION private.administered() TO authenticated;
ALTER TABLE public.organisation ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.membership ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.project ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.organisation, public.membership TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.project TO authenticated;
CREATE POLICY members_see ON public.organisation FOR SELECT TO authenticated
    USING (id = ANY (ARRAY(SELECT private.my_organisations())));
CREATE POLICY fellows_see ON public.membership FOR SELECT TO authenticated
    USING (organisation_id = ANY (ARRAY(SELECT private.my_organisations())));
CREATE POLICY members_read ON public.project FOR SELECT TO authenticated
    USING (organisation_id = ANY (ARRAY(SELECT private.my_organisations())));
CREATE POLICY members_add ON public.project FOR INSERT TO authenticated
    WITH CHECK (organisation_id = ANY (ARRAY(SELECT private.my_organisations())));
CREATE POLICY members_change ON public.project FOR UPDATE TO authenticated
    USING (organisation_id = ANY (ARRAY(SELECT private.my_organisations())))
    WITH CHECK (organisation_id = ANY (ARRAY(SELECT private.my_organisations())));
CREATE POLICY admins_remove ON public.project FOR DELETE TO authenticated
    USING (organisation_id = ANY (ARRAY(SELECT private.administered())));
