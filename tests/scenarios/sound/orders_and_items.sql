-- Items are as visible as their order, through its own row security and by asking it.
CREATE TABLE public.orders (id bigint PRIMARY KEY, customer_id uuid NOT NULL REFERENCES auth.users, status text NOT NULL);
CREATE TABLE public.order_items (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES public.orders, amount int);
CREATE TABLE public.order_notes (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES public.orders, body text);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.orders TO authenticated;
ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.order_items TO authenticated;
ALTER TABLE public.order_items ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.order_notes TO authenticated;
ALTER TABLE public.order_notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.orders FOR SELECT TO authenticated USING ((SELECT auth.uid()) = customer_id);
CREATE POLICY place ON public.orders FOR INSERT TO authenticated
    WITH CHECK ((SELECT auth.uid()) = customer_id AND status = 'new');
CREATE POLICY cancel ON public.orders FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) = customer_id AND status = 'new')
    WITH CHECK ((SELECT auth.uid()) = customer_id AND status IN ('new', 'cancelled'));
CREATE POLICY through ON public.order_items FOR SELECT TO authenticated
    USING (order_id = ANY (ARRAY(SELECT id FROM public.orders)));
CREATE POLICY add ON public.order_items FOR INSERT TO authenticated
    WITH CHECK (order_id IN (SELECT o.id FROM public.orders o WHERE o.status = 'new'));
CREATE POLICY asks ON public.order_notes FOR ALL TO authenticated USING (EXISTS (
    SELECT 1 FROM public.orders o WHERE o.id = order_notes.order_id AND o.customer_id = (SELECT auth.uid())));
