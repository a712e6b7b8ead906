-- about: storage.objects
insert into storage.buckets (id, name, public) values ('private-docs', 'private-docs', false);
-- @leak: the folder is not compared with the caller
create policy "read docs" on storage.objects for select to authenticated using (bucket_id = 'private-docs' and (storage.foldername(name))[1] is not null);
-- @sound
create policy "read docs" on storage.objects for select to authenticated using (bucket_id = 'private-docs' and (storage.foldername(name))[1] = (select auth.uid())::text);
