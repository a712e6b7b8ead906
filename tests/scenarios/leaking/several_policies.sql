-- multiple-permissive-policies
-- Two policies are asked for each of many rows where one would do.
CREATE TABLE public.article (id bigint PRIMARY KEY, user_id uuid NOT NULL, published boolean NOT NULL, body text);
CREATE INDEX ON public.article (user_id);
ALTER TABLE public.article ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.article TO authenticated;
CREATE POLICY own ON public.article FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY shown ON public.article FOR SELECT TO authenticated USING (published);
INSERT INTO public.article SELECT n, gen_random_uuid(), n % 2 = 0, 'body' FROM generate_series(1, 12000) AS n;
ANALYZE public.article;
