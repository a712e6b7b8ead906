-- user-can-grant-themselves-access
-- Everybody may set the flag in their own profile.
CREATE TABLE public.profile (id uuid PRIMARY KEY REFERENCES auth.users, name text, is_admin boolean NOT NULL DEFAULT false);
ALTER TABLE public.profile ENABLE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON public.profile TO authenticated;
CREATE POLICY mine ON public.profile FOR SELECT TO authenticated USING ((SELECT auth.uid()) = id);
CREATE POLICY edit ON public.profile FOR UPDATE TO authenticated USING ((SELECT auth.uid()) = id) WITH CHECK ((SELECT auth.uid()) = id);
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY admins ON public.note FOR ALL TO authenticated
    USING (EXISTS (SELECT 1 FROM public.profile p WHERE p.id = (SELECT auth.uid()) AND p.is_admin));
