CREATE TABLE public.orders (id bigint PRIMARY KEY, buyer uuid NOT NULL, status text NOT NULL DEFAULT 'open');
ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.orders FROM PUBLIC, anon, authenticated;
GRANT SELECT, UPDATE ON public.orders TO authenticated;
CREATE POLICY r ON public.orders FOR SELECT TO authenticated USING (buyer = (SELECT auth.uid()));
CREATE POLICY u ON public.orders FOR UPDATE TO authenticated USING (buyer = (SELECT auth.uid()) AND status = 'open') WITH CHECK (buyer = (SELECT auth.uid()) AND status IN ('open', 'cancelled', 'refunded'));
