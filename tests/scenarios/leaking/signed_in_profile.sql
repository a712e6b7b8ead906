-- signed-in-is-enough
-- Everybody has a profile: the trigger makes it.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE TABLE public.profile (id uuid PRIMARY KEY REFERENCES auth.users, name text);
ALTER TABLE public.profile ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON public.profile TO authenticated;
CREATE POLICY mine ON public.profile FOR SELECT TO authenticated USING ((SELECT auth.uid()) = id);
CREATE POLICY make ON public.profile FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = id);
CREATE POLICY edit ON public.note FOR UPDATE TO authenticated
    USING (EXISTS (SELECT 1 FROM public.profile p WHERE p.id = (SELECT auth.uid())));
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
