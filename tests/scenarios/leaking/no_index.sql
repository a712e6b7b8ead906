-- policy-column-without-index
-- Every read goes through the whole of a big table.
CREATE TABLE public.event (id bigint PRIMARY KEY, user_id uuid NOT NULL, body text);
ALTER TABLE public.event ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.event TO authenticated;
CREATE POLICY own ON public.event FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
INSERT INTO public.event SELECT n, gen_random_uuid(), 'body' FROM generate_series(1, 12000) AS n;
ANALYZE public.event;
