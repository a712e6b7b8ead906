CREATE TABLE public.memos (
    id bigint PRIMARY KEY,
    user_id uuid NOT NULL,
    title text,
    is_public boolean NOT NULL DEFAULT false,
    deleted_at timestamptz
);
ALTER TABLE public.memos ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.memos FORCE ROW LEVEL SECURITY;
REVOKE ALL ON public.memos FROM PUBLIC, anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.memos TO authenticated;
CREATE POLICY notes_own ON public.memos TO authenticated USING (user_id = (SELECT auth.uid()));
