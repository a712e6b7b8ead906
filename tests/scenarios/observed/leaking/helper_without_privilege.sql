-- The policy asks a table that its reader may not read.
-- finds: policy-error public.documents
CREATE TABLE shares (document_id int NOT NULL, user_id uuid NOT NULL);
CREATE TABLE documents (id int PRIMARY KEY, body text);
ALTER TABLE shares ENABLE ROW LEVEL SECURITY;
ALTER TABLE documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY shared ON documents FOR SELECT TO authenticated
    USING (id IN (SELECT document_id FROM shares WHERE user_id = (SELECT auth.uid())));
GRANT SELECT ON documents TO authenticated;
