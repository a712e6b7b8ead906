-- auth-function-evaluated-per-row
-- The token is parsed again for each of many rows.
CREATE TABLE public.reading (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
CREATE INDEX ON public.reading (user_id);
ALTER TABLE public.reading ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.reading TO authenticated;
CREATE POLICY own ON public.reading FOR SELECT TO authenticated USING (auth.uid() = user_id);
INSERT INTO public.reading SELECT n, gen_random_uuid(), 'body' FROM generate_series(1, 12000) AS n;
ANALYZE public.reading;
