-- The caller's shops, as a sub-select; afterwards as a CTE with an alias.
CREATE TABLE public.shops (id bigint PRIMARY KEY, keeper uuid NOT NULL);
CREATE TABLE public.sales (id bigint PRIMARY KEY, shop_id bigint NOT NULL REFERENCES public.shops, amount numeric);
ALTER TABLE public.shops ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sales ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.shops, public.sales FROM anon, authenticated;
GRANT SELECT, INSERT ON public.sales TO authenticated;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated;
CREATE FUNCTION app.shops() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    WITH me AS (SELECT auth.uid() AS id) SELECT s.id FROM public.shops AS s JOIN me ON s.keeper = me.id $$;
CREATE POLICY read ON public.sales FOR SELECT TO authenticated USING (shop_id IN (SELECT app.shops()));
CREATE POLICY add ON public.sales FOR INSERT TO authenticated WITH CHECK (shop_id IN (SELECT app.shops()));
