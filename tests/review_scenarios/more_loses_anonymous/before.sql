CREATE TABLE public.forms (id bigint PRIMARY KEY, author uuid NOT NULL, answers text);
ALTER TABLE public.forms ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.forms FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.forms TO authenticated;
CREATE POLICY r ON public.forms FOR SELECT TO authenticated USING (true);
