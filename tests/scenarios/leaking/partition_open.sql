-- row-security-off
-- The parent is protected, and a partition can be asked by its own name.
CREATE TABLE public.event (id int, owner uuid, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE public.event_2026 PARTITION OF public.event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX ON public.event (owner);
ALTER TABLE public.event ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.event FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
GRANT SELECT ON public.event, public.event_2026 TO authenticated;
