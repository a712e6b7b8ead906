-- definer-function
-- It asks whether anybody is signed in, and not who.
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE FUNCTION public.all_notes() RETURNS SETOF public.note LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    IF (SELECT auth.uid()) IS NULL OR auth.role() <> 'authenticated' THEN
        RAISE EXCEPTION 'sign in first';
    END IF;
    RETURN QUERY SELECT * FROM public.note;
END $$;
