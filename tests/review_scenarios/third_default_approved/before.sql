-- Who writes a comment cannot say whether it is approved: the default does, and visitors read approved ones.
CREATE TABLE public.comments (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, author uuid NOT NULL DEFAULT auth.uid(), body text NOT NULL, approved boolean NOT NULL DEFAULT false);
ALTER TABLE public.comments ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.comments FROM anon, authenticated;
GRANT SELECT ON public.comments TO anon, authenticated;
GRANT INSERT (body) ON public.comments TO authenticated;
CREATE POLICY approved ON public.comments FOR SELECT TO anon USING (approved);
CREATE POLICY own ON public.comments FOR SELECT TO authenticated USING (author = (SELECT auth.uid()));
CREATE POLICY write ON public.comments FOR INSERT TO authenticated WITH CHECK (author = (SELECT auth.uid()));
