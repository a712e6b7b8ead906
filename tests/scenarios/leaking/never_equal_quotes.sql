-- never-true-condition
-- A claim as jsonb keeps its quotes.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY admins ON public.note FOR SELECT TO authenticated USING ((auth.jwt() -> 'app_metadata' -> 'role')::text = 'admin');
