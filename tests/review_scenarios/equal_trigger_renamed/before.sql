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
CREATE FUNCTION public.keep_private() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF NEW.is_public AND (SELECT auth.role()) = 'authenticated' THEN
        RAISE EXCEPTION 'only an editor publishes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_private BEFORE INSERT OR UPDATE ON public.notes FOR EACH ROW EXECUTE FUNCTION public.keep_private();
