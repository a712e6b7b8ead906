-- The parent is protected; nobody but the backend holds a privilege on its parts.
CREATE TABLE public.visits (id bigint, visitor uuid NOT NULL, day date NOT NULL, page text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE public.visits_old PARTITION OF public.visits FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
CREATE TABLE public.visits_new PARTITION OF public.visits FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
ALTER TABLE public.visits ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.visits, public.visits_old, public.visits_new FROM anon, authenticated;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO authenticated;
CREATE POLICY own ON public.visits FOR SELECT TO authenticated USING (visitor = (SELECT auth.uid()));
