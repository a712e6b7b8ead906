-- definer-function
-- What is read is read one call further down.
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE SCHEMA private;
CREATE FUNCTION private.every_note() RETURNS SETOF public.note LANGUAGE sql AS $$ SELECT * FROM public.note $$;
CREATE FUNCTION public.export() RETURNS json LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    RETURN (SELECT json_agg(n) FROM private.every_note() n); -- not auth.uid()
END $$;
