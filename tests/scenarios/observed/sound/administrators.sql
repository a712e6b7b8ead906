-- Administrators stand in a table that nobody but the backend writes, and may mend everybody's reports.
CREATE TABLE admins (user_id uuid PRIMARY KEY REFERENCES auth.users (id));
CREATE TABLE reports (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
ALTER TABLE admins ENABLE ROW LEVEL SECURITY;
ALTER TABLE reports ENABLE ROW LEVEL SECURITY;
CREATE POLICY myself ON admins FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY own ON reports FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY mend ON reports FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) IN (SELECT a.user_id FROM admins a));
GRANT SELECT ON admins TO authenticated;
GRANT SELECT, UPDATE ON reports TO authenticated;
