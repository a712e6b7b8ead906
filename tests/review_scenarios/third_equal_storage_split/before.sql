-- gatepost: as superuser
-- One policy for two buckets becomes one policy a bucket.
INSERT INTO storage.buckets (id, name, public) VALUES ('photos', 'photos', false), ('videos', 'videos', false);
CREATE POLICY own_media ON storage.objects FOR SELECT TO authenticated USING (bucket_id IN ('photos', 'videos') AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
