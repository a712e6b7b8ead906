-- gatepost: as superuser
INSERT INTO storage.buckets (id, name, public) VALUES ('avatars', 'avatars', false), ('invoices', 'invoices', false);
CREATE POLICY seen ON storage.objects FOR SELECT TO anon USING (bucket_id = 'avatars');
