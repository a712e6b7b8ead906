-- A part that nobody of the API can name gets the policy of its parent, too.
CREATE TABLE public.readings (id bigint, sensor_owner uuid NOT NULL, day date NOT NULL, value numeric, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE public.readings_all PARTITION OF public.readings DEFAULT;
ALTER TABLE public.readings ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.readings, public.readings_all FROM anon, authenticated;
GRANT SELECT ON public.readings TO authenticated;
CREATE POLICY own ON public.readings FOR SELECT TO authenticated USING (sensor_owner = (SELECT auth.uid()));
