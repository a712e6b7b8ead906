-- private-bucket-open
create table files (id uuid primary key default gen_random_uuid(), owner_id uuid not null default auth.uid()
    references auth.users, bucket_path text unique not null, name text not null);
create table file_shares (file_id uuid references files on delete cascade, shared_with uuid references auth.users on
    delete cascade, can_edit boolean not null default false, expires_at timestamptz, primary key (file_id,
    shared_with));
create index on files (owner_id); create index on file_shares (shared_with);
alter table files enable row level security; alter table file_shares enable row level security;
create schema private;
create function private.owned_files() returns setof uuid language sql stable security definer set search_path = '' as
    $$ select id from public.files where owner_id = (select auth.uid()) $$;
create function private.shared_files(edit boolean default false) returns setof uuid language sql stable security
    definer set search_path = '' as $$ select file_id from public.file_shares where shared_with = (select auth.uid())
    and (expires_at is null or expires_at > now()) and (not edit or can_edit) $$;
grant usage on schema private to authenticated;
create policy f_sel on files for select to authenticated using (owner_id = (select auth.uid()) or id in (select
    private.shared_files()));
create policy f_ins on files for insert to authenticated with check (owner_id = (select auth.uid()));
create policy f_upd on files for update to authenticated using (owner_id = (select auth.uid()) or id in (select
    private.shared_files(true))) with check (owner_id = (select auth.uid()) or id in (select
    private.shared_files(true)));
create policy f_del on files for delete to authenticated using (owner_id = (select auth.uid()));
create policy s_sel on file_shares for select to authenticated using (shared_with = (select auth.uid()) or file_id in
    (select private.owned_files()));
create policy s_all on file_shares for insert to authenticated with check (file_id in (select private.owned_files()));
create policy s_del on file_shares for delete to authenticated using (file_id in (select private.owned_files()));
insert into storage.buckets (id, name, public) values ('files', 'files', false);
create policy "own folder select" on storage.objects for select to authenticated using (bucket_id = 'files' and
    (storage.foldername(name))[1] = (select auth.uid()::text));
create policy "own folder insert" on storage.objects for insert to authenticated with check (bucket_id = 'files' and
    (storage.foldername(name))[1] = (select auth.uid()::text));
create policy "own folder update" on storage.objects for update to authenticated using (bucket_id = 'files' and
    owner_id = (select auth.uid()::text)) with check (bucket_id = 'files' and (storage.foldername(name))[1] = (select
    auth.uid()::text));
create policy "shared" on storage.objects for select to authenticated using (bucket_id = 'files' and exists (select 1
    from public.files f where f.bucket_path = storage.objects.name and f.id in (select private.shared_files())));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
revoke update on files from anon, authenticated; grant update (name) on files to authenticated;
revoke update on file_shares from anon, authenticated;

create policy "any file" on storage.objects for select to authenticated using (bucket_id = 'files');
