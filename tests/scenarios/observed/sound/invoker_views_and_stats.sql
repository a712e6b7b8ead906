-- A view asks as its reader, and a materialized one gives sums only.
CREATE TABLE projects (id uuid PRIMARY KEY, owner_id uuid NOT NULL REFERENCES auth.users, name text);
CREATE TABLE hours (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES projects,
    spent numeric NOT NULL CHECK (spent > 0),
    day date NOT NULL
);
ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE hours ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON projects FOR ALL TO authenticated
    USING (owner_id = (SELECT auth.uid())) WITH CHECK (owner_id = (SELECT auth.uid()));
CREATE POLICY own ON hours FOR ALL TO authenticated
    USING (EXISTS (SELECT 1 FROM projects p WHERE p.id = project_id AND p.owner_id = (SELECT auth.uid())))
    WITH CHECK (EXISTS (SELECT 1 FROM projects p WHERE p.id = project_id AND p.owner_id = (SELECT auth.uid())));
GRANT SELECT, INSERT, UPDATE, DELETE ON projects, hours TO authenticated;
CREATE VIEW my_hours WITH (security_invoker = on) AS SELECT p.name, h.day, sum(h.spent) AS spent
    FROM projects p JOIN hours h ON h.project_id = p.id GROUP BY p.name, h.day;
GRANT SELECT ON my_hours TO authenticated;
CREATE MATERIALIZED VIEW busiest_days AS SELECT day, sum(spent) AS spent FROM hours GROUP BY day;
GRANT SELECT ON busiest_days TO anon, authenticated;
