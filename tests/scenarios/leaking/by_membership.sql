-- row-security-off
-- gatepost: as superuser
-- The grant is on a role that the API's role belongs to.
CREATE ROLE gp_scenario_reader;
GRANT gp_scenario_reader TO authenticated;
CREATE TABLE public.note (id int PRIMARY KEY);
REVOKE ALL ON public.note FROM anon, authenticated;
GRANT SELECT ON public.note TO gp_scenario_reader;
