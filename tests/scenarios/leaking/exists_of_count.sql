-- condition-always-true
-- A count always returns a row.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE TABLE public.share (note_id bigint, user_id uuid);
ALTER TABLE public.share ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.share TO authenticated;
CREATE POLICY shared ON public.note FOR SELECT TO authenticated
    USING (EXISTS (SELECT count(*) FROM public.share s WHERE s.note_id = note.id AND s.user_id = (SELECT auth.uid())));
