-- definer-function
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE SCHEMA private;
CREATE VIEW private.every_note AS SELECT * FROM public.note;
CREATE FUNCTION public.export() RETURNS SETOF private.every_note LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$ SELECT * FROM private.every_note $$;
