-- A second factor for everything, and no new rows from anonymous sign-ins.
CREATE TABLE wallets (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users, label text);
ALTER TABLE wallets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON wallets FOR ALL TO authenticated
    USING (user_id = (SELECT auth.uid())) WITH CHECK (user_id = (SELECT auth.uid()));
CREATE POLICY mfa ON wallets AS RESTRICTIVE FOR ALL TO authenticated USING (((SELECT auth.jwt()) ->> 'aal') = 'aal2');
CREATE POLICY known ON wallets AS RESTRICTIVE FOR INSERT TO authenticated
    WITH CHECK (((SELECT auth.jwt()) ->> 'is_anonymous')::boolean IS FALSE);
GRANT SELECT, INSERT, UPDATE, DELETE ON wallets TO authenticated;
