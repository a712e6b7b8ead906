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
CREATE VIEW public.shown WITH (check_option = local) AS SELECT id, user_id, title, is_public FROM public.notes WHERE user_id = (SELECT auth.uid());
REVOKE ALL ON public.shown FROM anon, authenticated; GRANT SELECT, INSERT, UPDATE ON public.shown TO authenticated;
