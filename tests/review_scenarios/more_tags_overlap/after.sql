CREATE TABLE public.papers (id bigint PRIMARY KEY, owner uuid NOT NULL, tags text[] NOT NULL DEFAULT '{}');
ALTER TABLE public.papers ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.papers FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.papers TO authenticated;
CREATE POLICY r ON public.papers FOR SELECT TO authenticated USING (owner = (SELECT auth.uid()) OR tags && ARRAY['public', 'internal']);
