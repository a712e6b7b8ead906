-- writable-definer-view
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE VIEW public.titles AS SELECT id, body FROM public.note;
REVOKE ALL ON public.titles FROM anon, authenticated;
GRANT UPDATE, DELETE ON public.titles TO authenticated;
