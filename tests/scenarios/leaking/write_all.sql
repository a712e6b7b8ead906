-- always-true-write
-- The policy that the dashboard offers for a trial, left in place.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY everything ON public.note USING (true) WITH CHECK (true);
