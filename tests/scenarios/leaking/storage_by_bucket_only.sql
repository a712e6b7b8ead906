-- always-true-write
-- Files of a bucket that everybody may overwrite.
CREATE POLICY upload ON storage.objects FOR UPDATE TO authenticated
    USING (bucket_id = 'documents') WITH CHECK (bucket_id = 'documents');
CREATE POLICY look ON storage.objects FOR SELECT TO authenticated
    USING (bucket_id = 'documents' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
