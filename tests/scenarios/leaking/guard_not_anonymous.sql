-- restriction-declared-permissive
-- "No anonymous sign-ins", written as permissive.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY own ON public.note FOR ALL TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY no_anonymous ON public.note FOR ALL TO authenticated USING (((SELECT auth.jwt()) ->> 'is_anonymous')::boolean IS FALSE);
