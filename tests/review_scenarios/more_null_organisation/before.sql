CREATE TABLE public.invoices (id bigint PRIMARY KEY, org_id text, total numeric);
ALTER TABLE public.invoices ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.invoices FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.invoices TO authenticated;
CREATE POLICY r ON public.invoices FOR SELECT TO authenticated USING (org_id = (SELECT auth.jwt() -> 'app_metadata' ->> 'org'));
