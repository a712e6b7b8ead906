-- policy-reads-unreadable-table
-- No role of the API may read auth.users.
CREATE TABLE public.note (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY staff ON public.note FOR SELECT TO authenticated
    USING (EXISTS (SELECT 1 FROM auth.users u WHERE u.id = (SELECT auth.uid()) AND u.is_super_admin));
