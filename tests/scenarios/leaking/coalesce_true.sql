-- condition-always-true
-- What is not known counts as allowed.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, hidden boolean, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING (coalesce(hidden, true) OR NOT coalesce(hidden, true));
