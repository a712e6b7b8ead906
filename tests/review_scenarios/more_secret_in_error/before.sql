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
CREATE FUNCTION public.peek(note bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path='' AS $$
DECLARE t text; BEGIN SELECT title INTO t FROM public.notes WHERE id = note; RAISE EXCEPTION 'not yours'; END $$;
GRANT EXECUTE ON FUNCTION public.peek(bigint) TO authenticated; REVOKE EXECUTE ON FUNCTION public.peek(bigint) FROM PUBLIC, anon;
