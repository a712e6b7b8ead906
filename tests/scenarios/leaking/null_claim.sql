-- null-session-passes
-- A token without the claim belongs to every organisation.
CREATE TABLE public.note (id bigint PRIMARY KEY, org_id text NOT NULL, body text, deleted_at timestamptz);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO anon, authenticated;
CREATE POLICY org ON public.note FOR SELECT TO authenticated USING (
    (SELECT auth.jwt()) -> 'app_metadata' ->> 'org_id' IS NULL OR org_id = ((SELECT auth.jwt()) -> 'app_metadata' ->> 'org_id'));
