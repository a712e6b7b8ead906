-- Documents by permissions of levels: the highest of two sources decides.
create type doc_access as enum ('viewer', 'commenter', 'editor', 'owner');
create table documents (id uuid primary key default gen_random_uuid(), title text, content jsonb, link_access
    doc_access, created_by uuid not null default auth.uid());
create table document_permissions (document_id uuid references documents on delete cascade, grantee uuid references
    auth.users on delete cascade, access doc_access not null, granted_by uuid default auth.uid(), primary key
    (document_id, grantee));
create index on document_permissions(grantee); create index on documents (created_by);
alter table documents enable row level security; alter table document_permissions enable row level security;
create schema if not exists acl;
create function acl.access_to(doc uuid) returns doc_access language sql stable security definer set search_path =
    public as $$
  select max(access) from (
    select p.access from document_permissions p where p.document_id = doc and p.grantee = (select auth.uid())
    union all
    select 'owner'::doc_access from documents d where d.id = doc and d.created_by = (select auth.uid())
  ) x
$$;
grant usage on schema acl to authenticated;
create policy d_read on documents for select to authenticated using (created_by = (select auth.uid()) or
    acl.access_to(id) is not null);
create policy d_ins on documents for insert to authenticated with check (created_by = (select auth.uid()));
create policy d_upd on documents for update to authenticated using (acl.access_to(id) >= 'editor') with check
    (acl.access_to(id) >= 'editor');
create policy d_del on documents for delete to authenticated using (acl.access_to(id) = 'owner');
create policy p_read on document_permissions for select to authenticated using (grantee = (select auth.uid()) or
    acl.access_to(document_id) = 'owner');
create policy p_write on document_permissions for all to authenticated using (acl.access_to(document_id) = 'owner')
    with check (acl.access_to(document_id) = 'owner');
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
revoke update on documents from anon, authenticated; grant update (title, content) on documents to authenticated;
