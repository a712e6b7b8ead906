-- ambiguous-column-in-subquery
-- The path is split inside of the sub-select, where "name" is the name of the album.
create table public.album (id uuid primary key, owner_id uuid not null, name text not null);
create index on public.album (owner_id);
alter table public.album enable row level security;
grant select on public.album to authenticated;
create policy own on public.album for select to authenticated using (owner_id = (select auth.uid()));
insert into storage.buckets (id, name, public) values ('pictures', 'pictures', false);
create policy pictures on storage.objects for select to authenticated using (
    bucket_id = 'pictures' and exists (
        select from public.album a
        where a.owner_id = (select auth.uid()) and split_part(name, '/', 1) = a.id::text));
