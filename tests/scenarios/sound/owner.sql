-- Each row has an owner, and only the owner reaches it.
CREATE TABLE public.note (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users (id) ON DELETE CASCADE,
    body text
);
CREATE INDEX ON public.note (user_id);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO authenticated;
CREATE POLICY "Own notes are readable" ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY "Own notes are made" ON public.note FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = user_id);
CREATE POLICY "Own notes are changed" ON public.note FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) = user_id) WITH CHECK ((SELECT auth.uid()) = user_id);
CREATE POLICY "Own notes are removed" ON public.note FOR DELETE TO authenticated USING ((SELECT auth.uid()) = user_id);
