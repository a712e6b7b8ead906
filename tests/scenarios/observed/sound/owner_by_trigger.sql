-- The owner is whoever writes: a trigger says so, whatever the row says.
CREATE TABLE todos (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.user_id := auth.uid(); RETURN new; END $$;
CREATE TRIGGER mine BEFORE INSERT ON todos FOR EACH ROW EXECUTE FUNCTION mine();
ALTER TABLE todos ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON todos FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY add ON todos FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()));
GRANT SELECT, INSERT ON todos TO authenticated;
