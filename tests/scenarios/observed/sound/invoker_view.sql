-- A view that asks as its reader shows no more than the table does.
CREATE TABLE invoices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id text NOT NULL,
    amount numeric(10, 2) NOT NULL CHECK (amount > 0),
    paid boolean NOT NULL DEFAULT false
);
ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON invoices TO authenticated USING ((SELECT auth.uid())::text = user_id);
CREATE VIEW open_invoices WITH (security_invoker = true) AS SELECT * FROM invoices WHERE NOT paid;
GRANT SELECT, INSERT, UPDATE, DELETE ON invoices, open_invoices TO authenticated;
