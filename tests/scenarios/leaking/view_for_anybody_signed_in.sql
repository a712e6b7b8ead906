-- definer-view
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE VIEW public.notes AS SELECT * FROM public.note WHERE auth.uid() IS NOT NULL;
GRANT SELECT ON public.notes TO authenticated;
