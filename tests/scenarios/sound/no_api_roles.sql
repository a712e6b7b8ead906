-- gatepost: as superuser
-- A PostgreSQL without the platform's roles: an application role, and identity by a setting.
ALTER ROLE anon RENAME TO gp_scenario_anon;
ALTER ROLE authenticated RENAME TO gp_scenario_authenticated;
CREATE ROLE gp_scenario_app LOGIN;
CREATE TABLE public.invoice (id int PRIMARY KEY, tenant text NOT NULL);
CREATE INDEX ON public.invoice (tenant);
ALTER TABLE public.invoice ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.invoice FORCE ROW LEVEL SECURITY;
REVOKE ALL ON public.invoice FROM gp_scenario_anon, gp_scenario_authenticated;
GRANT SELECT, INSERT ON public.invoice TO gp_scenario_app;
CREATE POLICY tenant_reads ON public.invoice FOR SELECT TO gp_scenario_app
    USING (tenant = (SELECT current_setting('app.tenant', true)));
CREATE POLICY tenant_adds ON public.invoice FOR INSERT TO gp_scenario_app
    WITH CHECK (tenant = (SELECT current_setting('app.tenant', true)));
CREATE VIEW public.own_invoice AS SELECT id FROM public.invoice WHERE tenant = current_setting('app.tenant', true);
CREATE VIEW public.role_invoice AS SELECT id FROM public.invoice WHERE tenant = CURRENT_USER;
CREATE FUNCTION public.invoice_count() RETURNS SETOF int LANGUAGE sql SECURITY DEFINER SET search_path = ''
    AS $$ SELECT id FROM public.invoice WHERE tenant = current_setting('app.tenant') $$;
REVOKE ALL ON public.own_invoice, public.role_invoice FROM gp_scenario_anon, gp_scenario_authenticated;
GRANT SELECT ON public.own_invoice, public.role_invoice TO gp_scenario_app;
