-- row-security-not-forced
-- gatepost: as superuser
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid NOT NULL, body text);
CREATE INDEX ON public.note (owner);
CREATE ROLE gp_scenario_keeper;
GRANT gp_scenario_keeper TO authenticated;
ALTER TABLE public.note OWNER TO gp_scenario_keeper;
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.note TO authenticated;
CREATE POLICY own ON public.note FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner);
