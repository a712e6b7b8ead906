-- gatepost: as superuser
-- PostgreSQL's own example: each person has a database role, and no Data API is near.
CREATE ROLE gp_scenario_managers NOLOGIN;
CREATE SCHEMA accounting;
GRANT USAGE ON SCHEMA accounting TO gp_scenario_managers;
CREATE TABLE accounting.accounts (manager text, company text, contact_email text);
ALTER TABLE accounting.accounts ENABLE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON accounting.accounts TO gp_scenario_managers;
CREATE POLICY account_managers ON accounting.accounts TO gp_scenario_managers USING (manager = current_user);
