-- Notes are read with the thread that is shared, and hold how many tokens they are; colleagues see each other's address.
CREATE TABLE crews (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);
CREATE TABLE crew_members (crew_id uuid NOT NULL REFERENCES crews, user_id uuid NOT NULL REFERENCES auth.users,
                           PRIMARY KEY (crew_id, user_id));
CREATE TABLE threads (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users,
                      sharing text NOT NULL DEFAULT 'private', title text NOT NULL);
CREATE TABLE notes (id uuid PRIMARY KEY, thread_id uuid NOT NULL REFERENCES threads, tokens int NOT NULL,
                    user_id uuid NOT NULL REFERENCES auth.users, body text NOT NULL);
CREATE INDEX ON crew_members (user_id); CREATE INDEX ON threads (user_id);
CREATE INDEX ON notes (user_id); CREATE INDEX ON notes (thread_id);
ALTER TABLE crews ENABLE ROW LEVEL SECURITY; ALTER TABLE crew_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE threads ENABLE ROW LEVEL SECURITY; ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON crews, crew_members TO authenticated;
GRANT SELECT ON threads, notes TO anon, authenticated;
GRANT INSERT, UPDATE, DELETE ON threads TO authenticated; GRANT DELETE ON notes TO authenticated;
CREATE POLICY own ON threads FOR ALL TO authenticated
    USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY shared ON threads FOR SELECT USING (sharing <> 'private');
CREATE POLICY own ON notes FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY own_gone ON notes FOR DELETE TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY shared ON notes FOR SELECT USING (thread_id IN (SELECT id FROM threads WHERE sharing <> 'private'));
CREATE FUNCTION in_crew(crew uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (SELECT FROM public.crew_members m WHERE m.crew_id = crew AND m.user_id = (SELECT auth.uid())) $$;
CREATE POLICY mates ON crew_members FOR SELECT TO authenticated USING (in_crew(crew_id));
CREATE POLICY mine ON crews FOR SELECT TO authenticated USING (in_crew(id));
CREATE FUNCTION list_crew(crew uuid) RETURNS TABLE (user_id uuid, email text) LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = '' AS $$
BEGIN
    IF NOT public.in_crew(crew) THEN RAISE EXCEPTION 'not yours'; END IF;
    RETURN QUERY SELECT m.user_id, u.email::text FROM public.crew_members m JOIN auth.users u ON u.id = m.user_id
                  WHERE m.crew_id = crew;
END $$;
REVOKE EXECUTE ON FUNCTION list_crew, in_crew FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION list_crew, in_crew TO authenticated;
