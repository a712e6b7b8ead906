-- Functions that add rows about others for good reason: the caller is named in the same call, or is the sender.
CREATE TABLE matches (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), opened_by uuid NOT NULL REFERENCES auth.users);
CREATE TABLE players (match_id uuid NOT NULL REFERENCES matches, user_id uuid NOT NULL REFERENCES auth.users,
                      PRIMARY KEY (match_id, user_id));
CREATE INDEX ON matches (opened_by); CREATE INDEX ON players (user_id);
ALTER TABLE matches ENABLE ROW LEVEL SECURITY; ALTER TABLE players ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON matches, players TO authenticated;
CREATE POLICY own ON players FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY played ON matches FOR SELECT TO authenticated
    USING (id IN (SELECT match_id FROM players WHERE user_id = (SELECT auth.uid())));
CREATE FUNCTION open_match(opponent uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE opened uuid;
BEGIN
    IF auth.uid() IS NULL THEN RAISE EXCEPTION 'sign in first'; END IF;
    INSERT INTO public.matches (opened_by) VALUES (auth.uid()) RETURNING id INTO opened;
    INSERT INTO public.players VALUES (opened, auth.uid()), (opened, opponent);
    RETURN opened;
END $$;
REVOKE EXECUTE ON FUNCTION open_match FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION open_match TO authenticated;
