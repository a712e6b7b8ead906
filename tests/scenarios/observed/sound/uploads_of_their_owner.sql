-- An upload is its owner's, whatever its folder is called: that only has to be an id.
INSERT INTO storage.buckets (id, name, public) VALUES ('scans', 'scans', false);
CREATE POLICY send ON storage.objects FOR INSERT TO authenticated WITH CHECK (
    bucket_id = 'scans' AND owner_id = (SELECT auth.uid())::text AND path_tokens[1] ~ '^[0-9a-f-]{36}$');
CREATE POLICY look ON storage.objects FOR SELECT TO authenticated
    USING (bucket_id = 'scans' AND owner_id = (SELECT auth.uid())::text);
CREATE POLICY drop ON storage.objects FOR DELETE TO authenticated
    USING (bucket_id = 'scans' AND owner_id = (SELECT auth.uid())::text);
