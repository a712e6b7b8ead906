INSERT INTO storage.buckets (id,name,public) VALUES ('files','files',false);
CREATE POLICY s ON storage.objects FOR SELECT TO authenticated USING (bucket_id='files' AND (SELECT auth.uid())::text = ANY (storage.foldername(name)));
