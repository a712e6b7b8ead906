-- platform-secrets-open
-- gatepost: as superuser
-- The API reads a table in the schema where the platform keeps its users.
CREATE TABLE auth.device_token (id bigint PRIMARY KEY, user_id uuid NOT NULL, token text NOT NULL);
GRANT SELECT ON auth.device_token TO authenticated;
