-- condition-always-true
-- Both arms of a CASE let the row through.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING (CASE WHEN deleted_at IS NULL THEN true ELSE true END);
