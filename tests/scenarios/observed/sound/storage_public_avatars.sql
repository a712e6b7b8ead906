-- Avatars for everybody, documents for oneself, each in a folder of the user's.
-- gatepost: as superuser
INSERT INTO storage.buckets (id, name, public) VALUES ('avatars','avatars',true), ('docs','docs',false);
CREATE POLICY "Avatar images are publicly accessible" ON storage.objects FOR SELECT USING (bucket_id = 'avatars');
CREATE POLICY "Upload own avatar" ON storage.objects FOR INSERT TO authenticated
    WITH CHECK (bucket_id = 'avatars' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
CREATE POLICY "Change own avatar" ON storage.objects FOR UPDATE TO authenticated
    USING (bucket_id = 'avatars' AND owner_id = (SELECT auth.uid())::text)
    WITH CHECK (bucket_id='avatars' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
CREATE POLICY "Own docs" ON storage.objects FOR ALL TO authenticated
    USING (bucket_id = 'docs' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text)
    WITH CHECK (bucket_id = 'docs' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
