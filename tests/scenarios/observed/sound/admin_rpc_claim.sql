-- A definer function for administrators, by a claim of app_metadata.
CREATE TABLE notes (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users, body text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes FOR ALL TO authenticated
    USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));
GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO authenticated;
CREATE FUNCTION all_notes() RETURNS SETOF notes
    LANGUAGE plpgsql SECURITY DEFINER SET search_path=''
    AS $$ BEGIN IF (auth.jwt() -> 'app_metadata' ->> 'role') IS DISTINCT
    FROM 'admin' THEN RAISE EXCEPTION 'not allowed'; END IF; RETURN QUERY SELECT * FROM public.notes; END $$;
REVOKE EXECUTE ON FUNCTION all_notes FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION all_notes TO authenticated;
CREATE POLICY adm ON notes FOR SELECT TO authenticated
    USING (((SELECT auth.jwt()) -> 'app_metadata' ->> 'role') = 'admin');
