-- A child can be hung on a parent that its writer does not see.
-- finds: row-forged public.entries
CREATE TABLE ledgers (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id));
CREATE TABLE entries (id uuid PRIMARY KEY, ledger_id uuid NOT NULL REFERENCES ledgers (id), amount int);
ALTER TABLE ledgers ENABLE ROW LEVEL SECURITY;
ALTER TABLE entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON ledgers TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY see ON entries FOR SELECT TO authenticated USING (ledger_id IN (SELECT id FROM ledgers));
CREATE POLICY add ON entries FOR INSERT TO authenticated WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON ledgers TO authenticated;
GRANT SELECT, INSERT ON entries TO authenticated;
