-- gatepost: as superuser
-- One policy for two buckets becomes one policy a bucket.
INSERT INTO storage.buckets (id, name, public) VALUES ('photos', 'photos', false), ('videos', 'videos', false);
CREATE POLICY own_photos ON storage.objects FOR SELECT TO authenticated USING (bucket_id = 'photos' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
CREATE POLICY own_videos ON storage.objects FOR SELECT TO authenticated USING ((SELECT auth.uid())::text = (storage.foldername(name))[1] AND bucket_id = 'videos');
