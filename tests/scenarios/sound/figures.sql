-- Figures over rows that nobody else sees: a view and a materialized view that count, and one of public rows.
CREATE TABLE public.likes (post_id uuid NOT NULL, user_id uuid NOT NULL, PRIMARY KEY (user_id, post_id));
CREATE TABLE public.film (id uuid PRIMARY KEY, title text, year int);
ALTER TABLE public.likes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.film ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.likes TO authenticated;
GRANT SELECT ON public.film TO anon, authenticated;
CREATE POLICY own ON public.likes FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY everybody ON public.film FOR SELECT TO anon, authenticated USING (true);
CREATE VIEW public.like_count AS SELECT post_id, count(*) AS likes FROM public.likes GROUP BY post_id;
CREATE MATERIALIZED VIEW public.like_total AS SELECT count(*) AS likes FROM public.likes;
CREATE MATERIALIZED VIEW public.film_by_year AS SELECT year, array_agg(title) AS titles FROM public.film GROUP BY year;
GRANT SELECT ON public.like_count, public.like_total, public.film_by_year TO anon, authenticated;
