CREATE TABLE public.tickets (id bigint PRIMARY KEY, holder uuid NOT NULL, code text);
ALTER TABLE public.tickets ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.tickets FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.tickets TO authenticated;
CREATE POLICY own ON public.tickets FOR SELECT TO authenticated USING (holder = (SELECT auth.uid()));
