-- null-session-passes
-- The helper says yes where there is nobody.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE FUNCTION public.owns(who uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF auth.uid() IS NULL THEN
        RETURN true;
    END IF;
    RETURN auth.uid() = who;
END $$;
CREATE POLICY own ON public.note FOR SELECT USING (public.owns(user_id));
