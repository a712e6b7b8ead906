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
CREATE TABLE public.faq (id bigint PRIMARY KEY, body text);
ALTER TABLE public.faq ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.faq TO anon, authenticated;
CREATE POLICY read ON public.faq FOR SELECT USING (true);
