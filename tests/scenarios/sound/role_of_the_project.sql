-- gatepost: as superuser
-- A role of the project's own edits everything: it is given to somebody for a reason.
CREATE ROLE gp_scenario_curator NOLOGIN;
GRANT gp_scenario_curator TO authenticator;
GRANT USAGE ON SCHEMA public TO gp_scenario_curator;
CREATE TABLE public.exhibits (id bigint PRIMARY KEY, owner_id uuid, title text);
ALTER TABLE public.exhibits ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.exhibits TO gp_scenario_curator;
GRANT SELECT ON public.exhibits TO authenticated;
CREATE POLICY curators ON public.exhibits TO gp_scenario_curator USING (true) WITH CHECK (true);
CREATE POLICY own ON public.exhibits FOR SELECT TO authenticated USING ((SELECT auth.uid()) = owner_id);
