-- gatepost: as superuser
-- The clerks' role reads invoices; support has a role of its own.
CREATE ROLE gp_clerks NOLOGIN;
CREATE ROLE gp_support NOLOGIN;
GRANT gp_support TO authenticator;
CREATE TABLE public.invoices (id bigint PRIMARY KEY, customer uuid NOT NULL, total numeric);
CREATE TABLE public.tickets (id bigint PRIMARY KEY, subject text);
ALTER TABLE public.invoices ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tickets ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.invoices, public.tickets FROM anon, authenticated;
GRANT USAGE ON SCHEMA public TO gp_clerks, gp_support;
GRANT SELECT ON public.invoices TO gp_clerks;
GRANT SELECT ON public.tickets TO gp_support;
CREATE POLICY clerks ON public.invoices FOR SELECT TO gp_clerks USING (true);
CREATE POLICY support ON public.tickets FOR SELECT TO gp_support USING (true);
GRANT gp_clerks TO gp_support;
