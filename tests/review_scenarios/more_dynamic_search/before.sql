CREATE TABLE public.secrets (id bigint PRIMARY KEY, owner uuid NOT NULL, value text);
ALTER TABLE public.secrets ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.secrets FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.secrets TO authenticated;
CREATE POLICY own ON public.secrets FOR SELECT TO authenticated USING (owner = (SELECT auth.uid()));
CREATE FUNCTION public.find(word text) RETURNS SETOF public.secrets LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$ BEGIN RETURN QUERY EXECUTE 'SELECT * FROM public.secrets WHERE value LIKE $1 AND owner = $2' USING word, auth.uid(); END $$;
REVOKE EXECUTE ON FUNCTION public.find(text) FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION public.find(text) TO authenticated;
