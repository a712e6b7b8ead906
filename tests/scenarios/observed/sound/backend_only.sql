-- Nobody but the backend.
CREATE TABLE api_keys (id int PRIMARY KEY, owner_id uuid REFERENCES auth.users (id), key text NOT NULL UNIQUE);
CREATE TABLE audit (id bigserial PRIMARY KEY, at timestamptz DEFAULT now(), what text);
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
GRANT ALL ON api_keys, audit TO service_role;
