-- gatepost: as superuser
INSERT INTO storage.buckets (id,name,public) VALUES ('docs','docs',false);
CREATE POLICY f ON storage.objects FOR SELECT TO authenticated USING ((SELECT auth.uid())::text = (storage.foldername(name))[1] AND bucket_id = 'docs');
