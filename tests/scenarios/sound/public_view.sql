-- A view of some columns of the rows that their owners marked as public; the table itself is the owner's.
CREATE TABLE public.profile (
    id uuid PRIMARY KEY REFERENCES auth.users (id), username text, phone text, is_public boolean NOT NULL DEFAULT false
);
ALTER TABLE public.profile ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.profile TO authenticated;
CREATE POLICY own ON public.profile FOR SELECT TO authenticated USING ((SELECT auth.uid()) = id);
CREATE VIEW public.public_profile WITH (security_barrier) AS SELECT id, username FROM public.profile WHERE is_public;
REVOKE ALL ON public.public_profile FROM anon, authenticated;
GRANT SELECT ON public.public_profile TO anon, authenticated;
