-- definer-function
-- What is read stands in a text that is run.
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE FUNCTION public.newest(how_many int) RETURNS SETOF public.note LANGUAGE plpgsql SECURITY DEFINER
SET search_path = '' AS $$
DECLARE statement text := 'SELECT * FROM public.note ORDER BY id DESC LIMIT ';
BEGIN
    RETURN QUERY EXECUTE statement || how_many;
END $$;
