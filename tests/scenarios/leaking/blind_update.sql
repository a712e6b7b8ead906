-- write-without-select-policy
-- What is not seen is not changed.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY edit ON public.note FOR UPDATE TO authenticated USING ((SELECT auth.uid()) = user_id);
