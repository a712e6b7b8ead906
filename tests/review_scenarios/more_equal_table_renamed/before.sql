CREATE TABLE public.papers (id bigint PRIMARY KEY, owner uuid NOT NULL, title text);
ALTER TABLE public.papers ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.papers FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.papers TO authenticated;
CREATE POLICY r ON public.papers FOR SELECT TO authenticated USING (owner = (SELECT auth.uid()));
