-- A partitioned table: the parent holds the policies, and its partitions are closed by themselves.
CREATE TABLE public.event (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE public.event_2026 PARTITION OF public.event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE public.event_rest PARTITION OF public.event DEFAULT;
CREATE INDEX ON public.event (user_id);
ALTER TABLE public.event ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.event_2026 ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.event_rest FROM anon, authenticated;
GRANT SELECT ON public.event TO authenticated;
CREATE POLICY own ON public.event FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
