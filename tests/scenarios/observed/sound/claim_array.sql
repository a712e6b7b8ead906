-- A claim that holds an array, asked in every way in which PostgreSQL looks into one.
CREATE TABLE held (id int PRIMARY KEY, team_id text NOT NULL, amount_cents int NOT NULL);
ALTER TABLE held ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON held TO authenticated;
CREATE POLICY mine ON held TO authenticated USING ((auth.jwt() -> 'app_metadata' -> 'teams') ? team_id);

CREATE TABLE listed (id int PRIMARY KEY, team_id text NOT NULL, amount_cents int NOT NULL);
ALTER TABLE listed ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON listed TO authenticated;
CREATE POLICY mine ON listed TO authenticated
    USING (team_id IN (SELECT jsonb_array_elements_text(auth.jwt() -> 'app_metadata' -> 'teams')));

CREATE TABLE contained (id int PRIMARY KEY, team_id text NOT NULL, amount_cents int NOT NULL);
ALTER TABLE contained ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON contained TO authenticated;
CREATE POLICY mine ON contained FOR SELECT TO authenticated
    USING ((auth.jwt() -> 'app_metadata' -> 'teams') @> to_jsonb(team_id));

CREATE TABLE joined (id int PRIMARY KEY, team_id text NOT NULL, amount_cents int NOT NULL);
ALTER TABLE joined ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON joined TO authenticated;
CREATE POLICY mine ON joined FOR SELECT TO authenticated USING (EXISTS (
    SELECT FROM jsonb_array_elements_text(auth.jwt() -> 'app_metadata' -> 'teams') team WHERE team = joined.team_id));

CREATE TABLE whole (id int PRIMARY KEY, teams jsonb NOT NULL);
ALTER TABLE whole ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON whole TO authenticated;
CREATE POLICY mine ON whole FOR SELECT TO authenticated
    USING (teams IN (SELECT auth.jwt() -> 'app_metadata' -> 'teams'));
