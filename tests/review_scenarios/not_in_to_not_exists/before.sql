CREATE TABLE public.blocks (id bigint PRIMARY KEY, user_id uuid);
ALTER TABLE public.blocks ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.blocks TO authenticated;
CREATE POLICY all_blocks ON public.blocks FOR SELECT TO authenticated USING (true);
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
CREATE POLICY shown ON public.notes FOR SELECT TO authenticated USING (user_id NOT IN (SELECT b.user_id FROM public.blocks b));
