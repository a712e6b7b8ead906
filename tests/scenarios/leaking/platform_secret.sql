-- platform-secrets-open
-- gatepost: as superuser
-- A table that an extension of the team put where the platform keeps its users, and that it opened to ask it from the app.
CREATE TABLE auth.device_token (id bigint PRIMARY KEY, user_id uuid NOT NULL, token text NOT NULL);
GRANT SELECT ON auth.device_token TO authenticated;
