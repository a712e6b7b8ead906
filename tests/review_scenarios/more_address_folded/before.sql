-- An invitation is for one address; afterwards whatever its case.
CREATE TABLE public.invites (id bigint PRIMARY KEY, email text NOT NULL, code text);
ALTER TABLE public.invites ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.invites FROM anon, authenticated;
GRANT SELECT ON public.invites TO authenticated;
CREATE POLICY p ON public.invites  FOR SELECT TO authenticated USING (email = (SELECT auth.jwt()) ->> 'email');
