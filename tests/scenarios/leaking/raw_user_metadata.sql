-- identity-from-caller
-- The same, read from auth.users by a definer.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE FUNCTION public.my_team() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT raw_user_meta_data ->> 'team' FROM auth.users WHERE id = auth.uid() $$;
REVOKE EXECUTE ON FUNCTION public.my_team() FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION public.my_team() TO authenticated;
CREATE POLICY team ON public.note FOR SELECT TO authenticated USING (body = (SELECT public.my_team()));
