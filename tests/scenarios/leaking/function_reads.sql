-- definer-function
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE FUNCTION public.notes_of(person uuid) RETURNS SETOF public.note
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$ SELECT * FROM public.note n WHERE n.owner = person $$;
