-- row-security-off
CREATE TABLE public.event (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE public.event_2026 PARTITION OF public.event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE public.event_2026 ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.event TO anon;
