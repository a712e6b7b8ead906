-- What is deleted stays, out of sight; it is deleted by a function that looks who asks.
CREATE TABLE documents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner_id uuid NOT NULL REFERENCES auth.users (id),
    title text NOT NULL,
    deleted_at timestamptz
);
ALTER TABLE documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON documents FOR SELECT TO authenticated
    USING (owner_id = (SELECT auth.uid()) AND deleted_at IS NULL);
CREATE POLICY add ON documents FOR INSERT TO authenticated WITH CHECK (owner_id = (SELECT auth.uid()));
CREATE FUNCTION delete_document(document_id uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$ UPDATE public.documents SET deleted_at = now() WHERE id = document_id AND owner_id = (SELECT auth.uid()) $$;
REVOKE EXECUTE ON FUNCTION delete_document FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delete_document TO authenticated;
GRANT SELECT, INSERT ON documents TO authenticated;
