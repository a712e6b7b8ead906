CREATE TABLE public.documents (id bigint PRIMARY KEY, owner uuid NOT NULL, title text);
ALTER TABLE public.documents ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.documents FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.documents TO authenticated;
CREATE POLICY r ON public.documents FOR SELECT TO authenticated USING (owner = (SELECT auth.uid()));
