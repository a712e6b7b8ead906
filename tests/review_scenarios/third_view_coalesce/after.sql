-- A directory of members shows a name to colleagues; where there is none, the row stays empty.
CREATE TABLE public.people (id uuid PRIMARY KEY, nickname text, legal_name text NOT NULL, company text NOT NULL);
ALTER TABLE public.people ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.people FROM anon, authenticated;
GRANT SELECT ON public.people TO authenticated;
CREATE POLICY own ON public.people FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
CREATE VIEW public.directory WITH (security_barrier) AS SELECT p.id, coalesce(p.nickname, p.legal_name) AS shown FROM public.people p;
REVOKE ALL ON public.directory FROM anon, authenticated;
GRANT SELECT ON public.directory TO authenticated;
