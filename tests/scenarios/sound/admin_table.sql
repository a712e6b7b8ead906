-- Administrators stand in a table that nobody but the backend writes.
CREATE TABLE public.admins (user_id uuid PRIMARY KEY REFERENCES auth.users);
ALTER TABLE public.admins ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.admins TO authenticated;
CREATE POLICY myself ON public.admins FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE TABLE public.reports (id bigint PRIMARY KEY, reporter_id uuid NOT NULL, body text);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.reports TO authenticated;
ALTER TABLE public.reports ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.reports FOR SELECT TO authenticated USING ((SELECT auth.uid()) = reporter_id
    OR EXISTS (SELECT 1 FROM public.admins a WHERE a.user_id = (SELECT auth.uid())));
CREATE POLICY file ON public.reports FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = reporter_id);
CREATE POLICY admins ON public.reports FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) IN (SELECT user_id FROM public.admins));
CREATE POLICY by_claim ON public.reports FOR DELETE TO authenticated
    USING (((SELECT auth.jwt()) -> 'app_metadata' ->> 'role') = 'admin');
