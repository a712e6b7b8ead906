-- Rows are marked as deleted, and are gone for their owner then.
CREATE TABLE public.message (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    sender uuid NOT NULL REFERENCES auth.users (id),
    body text,
    deleted_at timestamptz
);
CREATE INDEX ON public.message (sender);
ALTER TABLE public.message ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON public.message TO authenticated;
GRANT UPDATE (body) ON public.message TO authenticated;
CREATE POLICY own_live ON public.message FOR SELECT TO authenticated
    USING ((SELECT auth.uid()) = sender AND deleted_at IS NULL);
CREATE POLICY send ON public.message FOR INSERT TO authenticated
    WITH CHECK ((SELECT auth.uid()) = sender AND deleted_at IS NULL);
CREATE POLICY change ON public.message FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) = sender AND deleted_at IS NULL) WITH CHECK ((SELECT auth.uid()) = sender);
