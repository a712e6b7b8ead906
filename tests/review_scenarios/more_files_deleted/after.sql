-- gatepost: as superuser
INSERT INTO storage.buckets (id, name, public) VALUES ('uploads', 'uploads', false);
CREATE POLICY r ON storage.objects FOR SELECT TO authenticated USING (bucket_id = 'uploads');
CREATE POLICY d ON storage.objects FOR DELETE TO authenticated USING (bucket_id = 'uploads');
