-- about: storage.objects
-- Scans of identity cards in a private bucket, each in its user's folder.
insert into storage.buckets (id, name, public) values ('id-cards', 'id-cards', false);
create policy "upload own" on storage.objects for insert to authenticated with check (bucket_id = 'id-cards' and (storage.foldername(name))[1] = auth.uid()::text);
-- @leak: reading asks for the bucket alone
create policy "read own" on storage.objects for select to authenticated using (bucket_id = 'id-cards' and auth.role() = 'authenticated');
-- @sound
create policy "read own" on storage.objects for select to authenticated using (bucket_id = 'id-cards' and (storage.foldername(name))[1] = auth.uid()::text);
