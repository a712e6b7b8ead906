-- user-can-grant-themselves-access
-- A member may change the role in their own membership.
CREATE TABLE public.org (id bigint PRIMARY KEY, name text);
CREATE TABLE public.member (org_id bigint REFERENCES public.org, user_id uuid, role text, PRIMARY KEY (org_id, user_id));
CREATE TABLE public.plan (id bigint PRIMARY KEY, org_id bigint REFERENCES public.org, author_id uuid, body text);
ALTER TABLE public.org ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.plan ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.org TO authenticated;
GRANT SELECT ON public.member TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.plan TO authenticated;
CREATE POLICY own_memberships ON public.member FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY admins ON public.plan TO authenticated USING (org_id IN
    (SELECT m.org_id FROM public.member m WHERE m.user_id = (SELECT auth.uid()) AND m.role IN ('owner', 'admin')));
GRANT UPDATE ON public.member TO authenticated;
CREATE POLICY edit ON public.member FOR UPDATE TO authenticated USING ((SELECT auth.uid()) = user_id);
