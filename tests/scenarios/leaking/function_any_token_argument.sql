-- definer-function
-- A search that takes part of the body for a secret it is not.
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE FUNCTION public.search(words text) RETURNS TABLE (id int, body text) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = '' AS $$ SELECT n.id, n.body FROM public.note n WHERE n.body ILIKE '%' || words || '%' $$;
