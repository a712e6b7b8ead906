-- null-session-passes
-- Rows without an owner belong to whoever is not signed in.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY own ON public.note FOR ALL USING (user_id IS NOT DISTINCT FROM (SELECT auth.uid()));
