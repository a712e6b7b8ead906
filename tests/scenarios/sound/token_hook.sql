-- The hook that writes a user's role into its token: called by the auth service alone.
CREATE TABLE public.user_roles (user_id uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE, role text NOT NULL);
ALTER TABLE public.user_roles ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.user_roles FROM anon, authenticated;
GRANT ALL ON public.user_roles TO supabase_auth_admin;
CREATE POLICY "The auth service reads roles" ON public.user_roles FOR SELECT TO supabase_auth_admin USING (true);
CREATE FUNCTION public.custom_access_token_hook(event jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE claims jsonb := event -> 'claims'; found text;
BEGIN
    SELECT role INTO found FROM public.user_roles WHERE user_id = (event ->> 'user_id')::uuid;
    RETURN jsonb_set(event, '{claims}', jsonb_set(claims, '{user_role}', coalesce(to_jsonb(found), 'null')));
END $$;
GRANT USAGE ON SCHEMA public TO supabase_auth_admin;
GRANT EXECUTE ON FUNCTION public.custom_access_token_hook(jsonb) TO supabase_auth_admin;
REVOKE EXECUTE ON FUNCTION public.custom_access_token_hook(jsonb) FROM authenticated, anon, public;
CREATE TABLE public.channel (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text);
ALTER TABLE public.channel ENABLE ROW LEVEL SECURITY;
GRANT SELECT, DELETE ON public.channel TO authenticated;
CREATE POLICY admins_read ON public.channel FOR SELECT TO authenticated
    USING (((SELECT auth.jwt()) ->> 'user_role') = 'admin');
CREATE POLICY admins_delete ON public.channel FOR DELETE TO authenticated
    USING (((SELECT auth.jwt()) ->> 'user_role') = 'admin');
