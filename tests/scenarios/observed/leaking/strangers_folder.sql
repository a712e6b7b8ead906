-- Anybody who is signed in puts files into anybody's folder.
-- finds: row-forged storage.objects
CREATE POLICY see ON storage.objects FOR SELECT TO authenticated
    USING (bucket_id = 'files' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
CREATE POLICY put ON storage.objects FOR INSERT TO authenticated WITH CHECK (bucket_id = 'files');
