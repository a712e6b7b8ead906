-- Anonymous users read, and only permanent ones write.
CREATE TABLE public.posts (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.posts TO authenticated;
ALTER TABLE public.posts ENABLE ROW LEVEL SECURITY;
CREATE POLICY read ON public.posts FOR SELECT TO authenticated USING (true);
CREATE POLICY write ON public.posts FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = user_id);
CREATE POLICY permanent ON public.posts AS RESTRICTIVE FOR INSERT TO authenticated
    WITH CHECK ((SELECT (auth.jwt() ->> 'is_anonymous')::boolean) IS FALSE);
