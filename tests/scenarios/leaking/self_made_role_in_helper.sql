-- user-can-grant-themselves-access
-- The helper trusts a role that its user sets.
CREATE TABLE public.profile (id uuid PRIMARY KEY REFERENCES auth.users, role text NOT NULL DEFAULT 'user');
ALTER TABLE public.profile ENABLE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON public.profile TO authenticated;
CREATE POLICY mine ON public.profile TO authenticated USING ((SELECT auth.uid()) = id);
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE FUNCTION private.is_admin() RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    found_role text;
BEGIN
    SELECT p.role INTO found_role FROM public.profile p WHERE p.id = auth.uid();
    RETURN found_role = 'admin';
END $$;
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY admins ON public.note FOR ALL TO authenticated USING ((SELECT private.is_admin()));
