-- gatepost: as superuser
-- A role of the project joins a group that holds nothing yet.
CREATE ROLE gp_drivers NOLOGIN;
CREATE ROLE gp_field NOLOGIN;
GRANT gp_drivers TO authenticator;
CREATE TABLE public.rides (id bigint PRIMARY KEY, driver uuid NOT NULL, note text);
ALTER TABLE public.rides ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.rides FROM anon, authenticated;
GRANT USAGE ON SCHEMA public TO gp_drivers;
GRANT SELECT ON public.rides TO gp_drivers;
CREATE POLICY own ON public.rides FOR SELECT TO gp_drivers USING (driver = (SELECT auth.uid()));
GRANT gp_field TO gp_drivers;
