CREATE TABLE public.people (id uuid PRIMARY KEY, name text, is_admin boolean NOT NULL DEFAULT false);
ALTER TABLE public.people ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.people FROM PUBLIC, anon, authenticated;
CREATE POLICY own ON public.people TO authenticated USING (id = (SELECT auth.uid()));
GRANT SELECT (id, name) ON public.people TO authenticated;
