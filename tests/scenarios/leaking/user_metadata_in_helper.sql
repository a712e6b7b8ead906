-- identity-from-caller
-- The helper reads user_metadata.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE FUNCTION public.is_admin() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((auth.jwt() #>> '{user_metadata,is_admin}')::boolean, false) $$;
CREATE POLICY admins ON public.note FOR ALL TO authenticated USING ((SELECT public.is_admin()));
