-- The first folder is the user; afterwards any folder is.
INSERT INTO storage.buckets (id,name,public) VALUES ('files','files',false);
CREATE POLICY s ON storage.objects FOR SELECT TO authenticated USING (bucket_id='files' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
