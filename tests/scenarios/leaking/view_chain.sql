-- definer-view
-- The outer view asks as its reader, the inner one does not.
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE VIEW public.inner_notes AS SELECT id, owner, body FROM public.note;
CREATE VIEW public.outer_notes WITH (security_invoker = on) AS SELECT id, body FROM public.inner_notes;
REVOKE ALL ON public.inner_notes FROM anon, authenticated;
GRANT SELECT ON public.inner_notes, public.outer_notes TO authenticated;
