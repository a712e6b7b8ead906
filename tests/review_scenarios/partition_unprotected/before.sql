CREATE TABLE public.events (id bigint NOT NULL, user_id uuid NOT NULL, kind text NOT NULL, body text) PARTITION BY LIST (kind);
CREATE TABLE public.events_all PARTITION OF public.events DEFAULT;
ALTER TABLE public.events ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.events_all ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.events, public.events_all FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.events, public.events_all TO authenticated;
CREATE POLICY own ON public.events FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
