-- writable-definer-view
-- The view shows one's own rows, and without a check option takes those of others.
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
CREATE VIEW public.mine AS SELECT id, owner, body FROM public.note WHERE owner = auth.uid();
REVOKE ALL ON public.mine FROM anon, authenticated;
GRANT SELECT, INSERT ON public.mine TO authenticated;
