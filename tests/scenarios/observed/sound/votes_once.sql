-- One vote each while the poll is open, and the figures for everybody.
CREATE TABLE polls (
    id uuid PRIMARY KEY,
    author_id uuid NOT NULL REFERENCES auth.users,
    question text,
    closes_at timestamptz NOT NULL
);
CREATE TABLE votes (
    poll_id uuid REFERENCES polls,
    user_id uuid REFERENCES auth.users,
    choice int NOT NULL,
    PRIMARY KEY (poll_id, user_id)
);
ALTER TABLE polls ENABLE ROW LEVEL SECURITY;
ALTER TABLE votes ENABLE ROW LEVEL SECURITY;
CREATE POLICY a ON polls FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY mk ON polls FOR INSERT TO authenticated WITH CHECK (author_id = (SELECT auth.uid()));
CREATE POLICY me ON votes FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY vo ON votes FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid())
    AND EXISTS (SELECT 1 FROM polls p WHERE p.id = poll_id AND p.closes_at > now()));
GRANT SELECT ON polls TO anon, authenticated;
GRANT INSERT ON polls TO authenticated;
GRANT SELECT, INSERT ON votes TO authenticated;
CREATE VIEW results WITH (security_barrier) AS SELECT poll_id, choice, count(*) AS votes
    FROM votes GROUP BY poll_id, choice;
GRANT SELECT ON results TO anon, authenticated;
