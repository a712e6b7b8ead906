-- ambiguous-column-in-subquery
-- Both sides of the comparison are the membership's.
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
CREATE POLICY team ON public.plan FOR SELECT TO authenticated
    USING (EXISTS (SELECT 1 FROM public.member m WHERE m.org_id = org_id AND m.user_id = (SELECT auth.uid())));
