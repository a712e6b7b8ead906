-- Files in a folder of one's own; pictures are for everybody to see.
CREATE POLICY own ON storage.objects TO authenticated
    USING (bucket_id = 'documents' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text)
    WITH CHECK (bucket_id = 'documents' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
CREATE POLICY pictures ON storage.objects FOR SELECT USING (bucket_id = 'pictures');
