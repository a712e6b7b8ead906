-- What everybody who is signed in reads and what belongs to nobody; a setting for everybody.
CREATE TABLE public.products (id bigint PRIMARY KEY, name text, price numeric);
CREATE TABLE public.settings (key text PRIMARY KEY, value jsonb);
ALTER TABLE public.products ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.settings ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.products TO anon, authenticated;
GRANT SELECT ON public.settings TO authenticated;
CREATE POLICY read ON public.products FOR SELECT USING (true);
CREATE POLICY read ON public.settings FOR SELECT TO authenticated USING ((SELECT auth.uid()) IS NOT NULL);
