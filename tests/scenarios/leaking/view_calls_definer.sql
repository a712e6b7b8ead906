-- definer-function
-- The function lies where the API cannot look, and a view calls it for the reader.
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE SCHEMA private;
CREATE FUNCTION private.every_note() RETURNS SETOF public.note LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = '' AS $$ SELECT * FROM public.note $$;
CREATE VIEW public.notes WITH (security_invoker = on) AS SELECT id, body FROM private.every_note();
GRANT SELECT ON public.notes TO anon;
