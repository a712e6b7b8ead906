-- Anybody answers a survey that is open, and its owner reads the answers.
CREATE TABLE surveys (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES auth.users,
    title text,
    is_open boolean NOT NULL DEFAULT false
);
CREATE TABLE answers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    survey_id uuid NOT NULL REFERENCES surveys,
    body jsonb NOT NULL,
    created_at timestamptz DEFAULT now()
);
ALTER TABLE surveys ENABLE ROW LEVEL SECURITY;
ALTER TABLE answers ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON surveys FOR SELECT USING (is_open OR owner_id = (SELECT auth.uid()));
CREATE POLICY own ON surveys FOR ALL TO authenticated
    USING (owner_id = (SELECT auth.uid())) WITH CHECK (owner_id = (SELECT auth.uid()));
CREATE POLICY say ON answers FOR INSERT TO anon, authenticated
    WITH CHECK (EXISTS (SELECT 1 FROM surveys s WHERE s.id = survey_id AND s.is_open));
CREATE POLICY own ON answers FOR SELECT TO authenticated
    USING (EXISTS (SELECT 1 FROM surveys s WHERE s.id = survey_id AND s.owner_id = (SELECT auth.uid())));
GRANT SELECT ON surveys TO anon;
GRANT SELECT, INSERT, UPDATE, DELETE ON surveys TO authenticated;
GRANT INSERT ON answers TO anon, authenticated;
GRANT SELECT ON answers TO authenticated;
