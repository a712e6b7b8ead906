-- Everybody renames themselves; the credits are the backend's.
CREATE TABLE public.accounts (id uuid PRIMARY KEY, display_name text, credits int NOT NULL DEFAULT 0);
ALTER TABLE public.accounts ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.accounts FROM anon, authenticated;
GRANT SELECT, UPDATE (display_name, credits) ON public.accounts TO authenticated;
CREATE POLICY own ON public.accounts FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
CREATE POLICY edit ON public.accounts FOR UPDATE TO authenticated USING (id = (SELECT auth.uid()));
