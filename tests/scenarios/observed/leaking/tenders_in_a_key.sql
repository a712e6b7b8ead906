-- Whatever is not withdrawn can be changed by all; the time of that stands in a unique key, beside each row's own name.
-- finds: foreign-row-written public.tenders
CREATE TABLE tenders (
    id uuid PRIMARY KEY, bidder_id uuid NOT NULL REFERENCES auth.users, round text NOT NULL, name text NOT NULL,
    withdrawn_at timestamptz, UNIQUE (round, name, withdrawn_at)
);
CREATE INDEX ON tenders (bidder_id);
ALTER TABLE tenders ENABLE ROW LEVEL SECURITY;
GRANT SELECT, DELETE ON tenders TO authenticated;
CREATE POLICY seen ON tenders FOR SELECT TO authenticated USING (bidder_id = (SELECT auth.uid()) OR withdrawn_at IS NULL);
CREATE POLICY gone ON tenders FOR DELETE TO authenticated USING (withdrawn_at IS NULL);
