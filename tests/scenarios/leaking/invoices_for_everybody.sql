-- always-true-read
-- Invoices that the public key reads.
CREATE TABLE public.invoice (id bigint PRIMARY KEY, customer_id uuid, total numeric);
ALTER TABLE public.invoice ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.invoice TO anon, authenticated;
CREATE POLICY read ON public.invoice FOR SELECT USING (true);
