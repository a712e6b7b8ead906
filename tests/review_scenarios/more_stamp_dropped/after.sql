CREATE TABLE public.logs (id bigint PRIMARY KEY, actor uuid, line text);
ALTER TABLE public.logs ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.logs FROM PUBLIC, anon, authenticated;
GRANT SELECT, INSERT ON public.logs TO authenticated;
CREATE POLICY r ON public.logs FOR SELECT TO authenticated USING (actor = (SELECT auth.uid()));
CREATE POLICY a ON public.logs FOR INSERT TO authenticated WITH CHECK (true);
