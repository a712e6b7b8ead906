-- A loop goes over a claim that another policy takes for one text: what it is shows only when it is tried.
CREATE FUNCTION has_org(wanted text) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE
    held text;
BEGIN
    FOR held IN SELECT jsonb_array_elements_text(auth.jwt() -> 'app_metadata' -> 'orgs') LOOP
        IF held = wanted THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$;
CREATE TABLE looped (id int PRIMARY KEY, org_id text NOT NULL, amount_cents int NOT NULL);
ALTER TABLE looped ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON looped TO authenticated;
CREATE POLICY mine ON looped TO authenticated USING (has_org(org_id));

CREATE TABLE compared (id int PRIMARY KEY, org_id text NOT NULL, amount_cents int NOT NULL);
ALTER TABLE compared ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON compared TO authenticated;
CREATE POLICY mine ON compared FOR SELECT TO authenticated
    USING (org_id = (auth.jwt() -> 'app_metadata' ->> 'orgs'));
