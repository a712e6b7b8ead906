CREATE TABLE public.notes (
    id bigint PRIMARY KEY,
    user_id uuid NOT NULL,
    title text,
    is_public boolean NOT NULL DEFAULT false,
    deleted_at timestamptz
);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.notes FORCE ROW LEVEL SECURITY;
REVOKE ALL ON public.notes FROM PUBLIC, anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.notes TO authenticated;
CREATE POLICY notes_own ON public.notes TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE TABLE public.replies (id bigint PRIMARY KEY, note_id bigint NOT NULL REFERENCES public.notes ON DELETE CASCADE, author uuid NOT NULL);ALTER TABLE public.replies ENABLE ROW LEVEL SECURITY; REVOKE ALL ON public.replies FROM anon, authenticated; GRANT SELECT, DELETE ON public.replies TO authenticated; CREATE POLICY own ON public.replies TO authenticated USING (author = (SELECT auth.uid()));
