-- The privilege on the table becomes one on each of its columns.
CREATE TABLE public.cards (id bigint PRIMARY KEY, holder uuid NOT NULL, label text);
ALTER TABLE public.cards ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.cards FROM anon, authenticated;
GRANT SELECT (id, holder, label) ON public.cards TO authenticated;
CREATE POLICY own ON public.cards FOR SELECT TO authenticated USING (holder = (SELECT auth.uid()));
