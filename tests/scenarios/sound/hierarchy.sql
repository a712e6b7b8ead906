-- A child is as visible as its parent, two steps down.
CREATE TABLE public.folder (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner_id uuid NOT NULL REFERENCES auth.users (id),
    name text
);
CREATE TABLE public.document (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    folder_id uuid NOT NULL REFERENCES public.folder (id) ON DELETE CASCADE
);
CREATE TABLE public.paragraph (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    document_id uuid NOT NULL REFERENCES public.document (id) ON DELETE CASCADE,
    body text
);
CREATE INDEX ON public.folder (owner_id);
CREATE INDEX ON public.document (folder_id);
CREATE INDEX ON public.paragraph (document_id);
ALTER TABLE public.folder ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.document ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.paragraph ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.folder, public.document, public.paragraph TO authenticated;
CREATE POLICY own ON public.folder FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner_id);
CREATE POLICY through_folder ON public.document FOR SELECT TO authenticated
    USING (folder_id = ANY (ARRAY(SELECT id FROM public.folder)));
CREATE POLICY through_document ON public.paragraph FOR SELECT TO authenticated
    USING (document_id IN (SELECT id FROM public.document));
