-- Files lie in a folder that is named as their owner; avatars are public to read.
INSERT INTO storage.buckets (id, name, public) VALUES ('files', 'files', false), ('avatars', 'avatars', true);
CREATE POLICY "Own files are readable" ON storage.objects FOR SELECT TO authenticated
    USING (bucket_id = 'files' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
CREATE POLICY "Own files are added" ON storage.objects FOR INSERT TO authenticated
    WITH CHECK (bucket_id IN ('files', 'avatars') AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
CREATE POLICY "Own files are removed" ON storage.objects FOR DELETE TO authenticated
    USING (bucket_id = 'files' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
