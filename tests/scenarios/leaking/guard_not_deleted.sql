-- restriction-declared-permissive
-- "Hide what is deleted", written as permissive.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY hide_deleted ON public.note FOR SELECT TO authenticated USING (deleted_at IS NULL);
