-- Files that everybody who is signed in adds, and that the one who added them changes.
CREATE POLICY "Allow authenticated uploads" ON storage.objects FOR INSERT TO authenticated
    WITH CHECK (bucket_id = 'attachments');
CREATE POLICY "Own files" ON storage.objects FOR SELECT TO authenticated
    USING (bucket_id = 'attachments' AND owner_id = (SELECT auth.uid())::text);
CREATE POLICY "Own changes" ON storage.objects FOR UPDATE TO authenticated
    USING (owner_id = (SELECT auth.uid())::text) WITH CHECK (bucket_id = 'attachments');
CREATE POLICY "authenticated can receive broadcasts" ON realtime.messages FOR SELECT TO authenticated USING (true);
CREATE POLICY "authenticated can send broadcasts" ON realtime.messages FOR INSERT TO authenticated
    WITH CHECK (realtime.messages.extension IN ('broadcast', 'presence'));
