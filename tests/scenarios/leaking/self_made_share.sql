-- user-can-grant-themselves-access
-- Whoever shares need not own what is shared.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE TABLE public.share (note_id bigint REFERENCES public.note, user_id uuid, shared_by uuid, PRIMARY KEY (note_id, user_id));
ALTER TABLE public.share ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON public.share TO authenticated;
CREATE POLICY mine ON public.share FOR SELECT TO authenticated USING ((SELECT auth.uid()) IN (user_id, shared_by));
CREATE POLICY give ON public.share FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = shared_by);
CREATE POLICY read ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id
    OR EXISTS (SELECT 1 FROM public.share s WHERE s.note_id = note.id AND s.user_id = (SELECT auth.uid())));
