-- A profile's secrets are hidden by column grants; its owner may change its name only.
CREATE TABLE public.profile (
    id uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE,
    name text,
    is_admin boolean NOT NULL DEFAULT false,
    password_hash text
);
ALTER TABLE public.profile ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.profile FORCE ROW LEVEL SECURITY;
REVOKE ALL ON public.profile FROM anon, authenticated;
GRANT SELECT (id, name), UPDATE (name) ON public.profile TO authenticated;
CREATE POLICY see_own ON public.profile FOR SELECT TO authenticated USING ((SELECT auth.uid()) = id);
CREATE POLICY rename_own ON public.profile FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) = id) WITH CHECK ((SELECT auth.uid()) = id);
