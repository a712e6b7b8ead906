-- The policy asks its own table, and PostgreSQL stops it.
-- finds: policy-error public.members
CREATE TABLE members (org_id uuid NOT NULL, user_id uuid NOT NULL, PRIMARY KEY (org_id, user_id));
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON members FOR SELECT TO authenticated
    USING (org_id IN (SELECT m.org_id FROM members m WHERE m.user_id = auth.uid()));
GRANT SELECT ON members TO authenticated;
