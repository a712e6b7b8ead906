-- Matches that wait for a second player are for everybody, the others for the two.
CREATE TABLE matches (
    id uuid PRIMARY KEY,
    player1_id uuid NOT NULL REFERENCES auth.users,
    player2_id uuid REFERENCES auth.users,
    state jsonb NOT NULL DEFAULT '{}',
    finished boolean NOT NULL DEFAULT false
);
CREATE TABLE moves (
    match_id uuid REFERENCES matches,
    n int,
    player_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users,
    move text NOT NULL,
    PRIMARY KEY (match_id, n)
);
ALTER TABLE matches ENABLE ROW LEVEL SECURITY;
ALTER TABLE moves ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON matches FOR SELECT TO authenticated
    USING ((SELECT auth.uid()) IN (player1_id, player2_id) OR player2_id IS NULL OR finished);
CREATE POLICY mk ON matches FOR INSERT TO authenticated
    WITH CHECK (player1_id = (SELECT auth.uid()) AND player2_id IS NULL);
CREATE POLICY see ON moves FOR SELECT TO authenticated USING (match_id IN (SELECT id FROM matches));
CREATE POLICY mk ON moves FOR INSERT TO authenticated
    WITH CHECK (player_id = (SELECT auth.uid())
    AND EXISTS (SELECT 1 FROM matches m WHERE m.id = match_id AND NOT m.finished
    AND (SELECT auth.uid()) IN (m.player1_id, m.player2_id)));
GRANT SELECT, INSERT ON matches, moves TO authenticated;
