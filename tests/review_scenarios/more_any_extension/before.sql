-- Only pictures are uploaded; afterwards any file is.
INSERT INTO storage.buckets (id,name,public) VALUES ('files','files',false);
CREATE POLICY s ON storage.objects FOR INSERT TO authenticated WITH CHECK (bucket_id='files' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text AND storage.extension(name) = 'png');
