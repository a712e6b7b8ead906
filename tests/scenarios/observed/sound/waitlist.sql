-- Anybody leaves an address, and nobody reads it; keys are shown without their secret.
CREATE TABLE waitlist (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE waitlist ENABLE ROW LEVEL SECURITY;
CREATE POLICY join_ ON waitlist FOR INSERT TO anon, authenticated WITH CHECK (true);
GRANT INSERT (email) ON waitlist TO anon, authenticated;
CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users,
    key_hash text NOT NULL,
    name text
);
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON api_keys FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY del ON api_keys FOR DELETE TO authenticated USING (user_id = (SELECT auth.uid()));
GRANT SELECT (id, user_id, name), DELETE ON api_keys TO authenticated;
