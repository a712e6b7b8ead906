-- The function that lists one's orders is pinned to no search path, with every name in full.
CREATE TABLE public.orders (id bigint PRIMARY KEY, buyer uuid NOT NULL, item text);
ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.orders FROM anon, authenticated;
GRANT SELECT ON public.orders TO authenticated;
CREATE POLICY own ON public.orders FOR SELECT TO authenticated USING (buyer = (SELECT auth.uid()));
CREATE FUNCTION public.my_orders(containing text) RETURNS SETOF public.orders LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$ BEGIN
    RETURN QUERY SELECT * FROM orders o WHERE o.buyer = auth.uid() AND o.item ILIKE '%' || containing || '%';
END $$;
REVOKE EXECUTE ON FUNCTION public.my_orders(text) FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION public.my_orders(text) TO authenticated;
