-- The view filters for its reader, and the table's policy says the same.
CREATE TABLE public.letters (id bigint PRIMARY KEY, recipient uuid NOT NULL, body text);
ALTER TABLE public.letters ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.letters FROM anon, authenticated;
GRANT SELECT ON public.letters TO authenticated;
CREATE POLICY own ON public.letters FOR SELECT TO authenticated USING (recipient = (SELECT auth.uid()));
CREATE VIEW public.inbox WITH (security_invoker = on) AS SELECT l.id, l.body FROM public.letters l WHERE l.recipient = (SELECT auth.uid());
REVOKE ALL ON public.inbox FROM anon, authenticated;
GRANT SELECT ON public.inbox TO authenticated;
