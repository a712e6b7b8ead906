-- gatepost: as superuser
INSERT INTO storage.buckets (id,name,public) VALUES ('docs','docs',false);
CREATE POLICY f ON storage.objects FOR SELECT TO authenticated USING (bucket_id = 'docs' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
