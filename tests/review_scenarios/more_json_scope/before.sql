CREATE TABLE public.projects (id bigint PRIMARY KEY, owner uuid NOT NULL, acl jsonb NOT NULL DEFAULT '{}');
ALTER TABLE public.projects ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.projects FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.projects TO authenticated;
CREATE POLICY r ON public.projects FOR SELECT TO authenticated USING (owner = (SELECT auth.uid()) OR acl ->> 'scope' = 'company');
