-- Without a second factor nothing is reached, whoever owns it.
CREATE TABLE secrets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES auth.users (id),
    secret text NOT NULL
);
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secrets TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY second_factor ON secrets AS RESTRICTIVE TO authenticated
    USING ((SELECT auth.jwt() ->> 'aal') = 'aal2');
CREATE POLICY no_guests ON secrets AS RESTRICTIVE TO authenticated
    USING (((SELECT auth.jwt()) ->> 'is_anonymous')::boolean IS FALSE);
GRANT SELECT, INSERT, UPDATE, DELETE ON secrets TO authenticated;
