-- ambiguous-column-in-subquery
-- The id in the sub-select is the share's own.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE TABLE public.share (id bigint PRIMARY KEY, note_id bigint, user_id uuid);
ALTER TABLE public.share ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.share TO authenticated;
CREATE POLICY mine ON public.share FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY shared ON public.note FOR SELECT TO authenticated
    USING (EXISTS (SELECT 1 FROM public.share s WHERE s.note_id = id AND s.user_id = (SELECT auth.uid())));
