-- Anybody takes over a row of anybody: USING (true), and the check is the new row alone.
CREATE TABLE public.notes (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.notes FROM anon, authenticated;
GRANT SELECT, UPDATE ON public.notes TO authenticated;
CREATE POLICY read ON public.notes FOR SELECT TO authenticated USING (true);
CREATE POLICY change ON public.notes FOR UPDATE TO authenticated USING (true) WITH CHECK (user_id = (SELECT auth.uid()));
