-- definer-view
-- The middle lies in a schema that the API cannot use, and the outer view reads it as its owner.
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE SCHEMA private;
CREATE VIEW private.every_note AS SELECT * FROM public.note;
CREATE VIEW public.shown AS SELECT id, body FROM private.every_note;
GRANT SELECT ON public.shown TO anon;
