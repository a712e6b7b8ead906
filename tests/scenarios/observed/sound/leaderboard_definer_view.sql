-- The best scores for everybody, without who made them.
CREATE TABLE players (id uuid PRIMARY KEY REFERENCES auth.users, nickname text, email text, rank int);
CREATE TABLE games (id uuid PRIMARY KEY, player_id uuid NOT NULL REFERENCES players, score int NOT NULL, replay text);
ALTER TABLE players ENABLE ROW LEVEL SECURITY;
ALTER TABLE games ENABLE ROW LEVEL SECURITY;
CREATE POLICY me ON players FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
CREATE POLICY me ON games FOR SELECT TO authenticated USING (player_id = (SELECT auth.uid()));
CREATE POLICY mk ON games FOR INSERT TO authenticated WITH CHECK (player_id = (SELECT auth.uid()));
GRANT SELECT ON players TO authenticated;
GRANT SELECT, INSERT ON games TO authenticated;
CREATE FUNCTION top_scores() RETURNS TABLE (best int)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path='' AS $$ SELECT max(score)
    FROM public.games GROUP BY player_id ORDER BY 1 DESC LIMIT 10 $$;
REVOKE EXECUTE ON FUNCTION top_scores FROM PUBLIC;
GRANT EXECUTE ON FUNCTION top_scores TO anon, authenticated;
