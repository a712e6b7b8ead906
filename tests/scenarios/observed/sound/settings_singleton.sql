-- Settings of the app, of which some are public, jobs for the backend, and settings of a user's own.
CREATE TABLE app_config (key text PRIMARY KEY, value text, is_public boolean NOT NULL DEFAULT false);
ALTER TABLE app_config ENABLE ROW LEVEL SECURITY;
CREATE POLICY pub ON app_config FOR SELECT USING (is_public);
GRANT SELECT ON app_config TO anon, authenticated;
CREATE TABLE jobs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload jsonb, secret text);
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
CREATE TABLE user_settings (
    user_id uuid PRIMARY KEY DEFAULT auth.uid() REFERENCES auth.users,
    theme text,
    prefs jsonb NOT NULL DEFAULT '{}'
);
ALTER TABLE user_settings ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON user_settings FOR ALL TO authenticated
    USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));
GRANT SELECT, INSERT, UPDATE, DELETE ON user_settings TO authenticated;
