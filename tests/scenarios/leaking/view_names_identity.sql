-- definer-view
-- Who is signed in is a column of the view, and no condition.
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE VIEW public.board AS SELECT id, body, owner = auth.uid() AS mine FROM public.note;
GRANT SELECT ON public.board TO authenticated;
