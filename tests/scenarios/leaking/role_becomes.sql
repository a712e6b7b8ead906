-- role-bypasses-row-security
-- gatepost: as superuser
-- Two steps: the API's role may become a role that belongs to one that bypasses.
CREATE ROLE gp_scenario_helper;
GRANT service_role TO gp_scenario_helper;
GRANT gp_scenario_helper TO anon;
