CREATE TABLE public.folders (id bigint PRIMARY KEY, parent_id bigint REFERENCES public.folders, owner uuid NOT NULL, shared boolean NOT NULL DEFAULT false);
ALTER TABLE public.folders ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.folders FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.folders TO authenticated;
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE FUNCTION private.readable(f bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$ WITH RECURSIVE up AS (SELECT id, parent_id, owner, shared FROM public.folders WHERE id = f UNION SELECT p.id, p.parent_id, p.owner, p.shared FROM public.folders p JOIN up ON p.id = up.parent_id) SELECT EXISTS (SELECT FROM up WHERE up.owner = (SELECT auth.uid()) OR up.shared) $$;
CREATE POLICY r ON public.folders FOR SELECT TO authenticated USING (private.readable(id));
