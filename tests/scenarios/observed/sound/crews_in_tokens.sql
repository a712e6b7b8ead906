-- A token has times, and a bare id in a function is that of auth.users, though a table is named like its variable.
CREATE TABLE crews (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);
CREATE TABLE voyages (id uuid PRIMARY KEY, skipper_id uuid NOT NULL REFERENCES auth.users, harbour text NOT NULL);
ALTER TABLE crews ENABLE ROW LEVEL SECURITY;
ALTER TABLE voyages ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON crews, voyages TO authenticated;
CREATE FUNCTION is_skipper(who uuid) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = '' AS $$
BEGIN
    IF extract(epoch FROM now()) > coalesce(auth.jwt() ->> 'exp', '0')::numeric THEN
        RAISE EXCEPTION 'this token is over';
    END IF;
    RETURN who = (SELECT auth.uid());
END $$;
CREATE FUNCTION my_crews() RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE crews jsonb;
BEGIN
    SELECT raw_app_meta_data -> 'crews' FROM auth.users INTO crews WHERE id = auth.uid();
    RETURN crews;
END $$;
REVOKE EXECUTE ON FUNCTION is_skipper, my_crews FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION is_skipper, my_crews TO authenticated;
CREATE POLICY found ON crews FOR INSERT TO authenticated WITH CHECK (true);
CREATE POLICY own ON voyages FOR ALL TO authenticated USING (is_skipper(skipper_id)) WITH CHECK (is_skipper(skipper_id));
