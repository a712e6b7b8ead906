-- row-security-off
-- gatepost: as superuser
ALTER ROLE anon RENAME TO gp_scenario_anon;
ALTER ROLE authenticated RENAME TO gp_scenario_authenticated;
CREATE ROLE gp_scenario_app LOGIN;
CREATE TABLE public.invoice (id int PRIMARY KEY);
GRANT SELECT ON public.invoice TO gp_scenario_app;
