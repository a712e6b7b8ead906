-- A document is shared by its owner only, and read by whom it was shared with.
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE TABLE public.docs (id uuid PRIMARY KEY, owner_id uuid NOT NULL, body text);
CREATE TABLE public.shares (
    doc_id uuid REFERENCES public.docs, user_id uuid, can_edit boolean NOT NULL DEFAULT false,
    PRIMARY KEY (doc_id, user_id)
);
CREATE FUNCTION private.shared(edit boolean) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT s.doc_id FROM public.shares s WHERE s.user_id = (SELECT auth.uid()) AND (s.can_edit OR NOT edit) $$;
CREATE FUNCTION private.owned() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT d.id FROM public.docs d WHERE d.owner_id = (SELECT auth.uid()) $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.docs TO authenticated;
ALTER TABLE public.docs ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.shares TO authenticated;
ALTER TABLE public.shares ENABLE ROW LEVEL SECURITY;
CREATE POLICY read ON public.docs FOR SELECT TO authenticated
    USING (owner_id = (SELECT auth.uid()) OR id IN (SELECT private.shared(false)));
CREATE POLICY edit ON public.docs FOR UPDATE TO authenticated
    USING (owner_id = (SELECT auth.uid()) OR id = ANY (ARRAY(SELECT private.shared(true))));
CREATE POLICY make ON public.docs FOR INSERT TO authenticated WITH CHECK (owner_id = (SELECT auth.uid()));
CREATE POLICY mine ON public.shares FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()) OR doc_id IN (SELECT private.owned()));
CREATE POLICY give ON public.shares FOR INSERT TO authenticated
    WITH CHECK (EXISTS (SELECT 1 FROM public.docs d WHERE d.id = doc_id AND d.owner_id = (SELECT auth.uid())));
CREATE POLICY take ON public.shares FOR DELETE TO authenticated USING (doc_id IN (SELECT private.owned()));
