-- What is deleted stays hidden, by one condition more and by a restrictive policy.
CREATE TABLE public.tasks (id bigint PRIMARY KEY, user_id uuid NOT NULL, deleted_at timestamptz);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.tasks TO authenticated;
ALTER TABLE public.tasks ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.tasks FOR SELECT TO authenticated
    USING ((SELECT auth.uid()) = user_id AND deleted_at IS NULL);
CREATE POLICY add ON public.tasks FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = user_id);
CREATE POLICY edit ON public.tasks FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) = user_id) WITH CHECK ((SELECT auth.uid()) = user_id);
CREATE POLICY live ON public.tasks AS RESTRICTIVE FOR SELECT TO authenticated USING (deleted_at IS NULL);
