-- Photo sharing with storage buckets and many storage policies
create table public.albums (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references auth.users on delete cascade,
  name text not null,
  shared boolean not null default false,
  share_token text unique default encode(gen_random_bytes(12), 'hex')
);
create table public.photos (
  id uuid primary key default gen_random_uuid(),
  album_id uuid not null references public.albums on delete cascade,
  path text not null unique,
  taken_at timestamptz,
  exif jsonb,
  size_bytes bigint check (size_bytes > 0)
);
create table public.album_guests (album_id uuid references public.albums on delete cascade, email text not null, primary key (album_id, email));
alter table public.albums enable row level security;
alter table public.photos enable row level security;
alter table public.album_guests enable row level security;
create policy "owner" on public.albums for all to authenticated using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
create policy "shared albums" on public.albums for select to anon, authenticated using (shared);
create policy "guests" on public.albums for select to authenticated using (
  exists (select 1 from public.album_guests g where g.album_id = albums.id and g.email = (select auth.jwt() ->> 'email')));
create policy "owner" on public.photos for all to authenticated using (
  exists (select 1 from public.albums a where a.id = photos.album_id and a.owner_id = (select auth.uid())))
  with check (exists (select 1 from public.albums a where a.id = photos.album_id and a.owner_id = (select auth.uid())));
create policy "as the album" on public.photos for select to anon, authenticated using (album_id in (select id from public.albums where shared));
create policy "owner manages guests" on public.album_guests to authenticated using (
  album_id in (select a.id from public.albums a where a.owner_id = auth.uid()));
insert into storage.buckets (id, name, public) values ('photos', 'photos', false), ('public-previews', 'public-previews', true) on conflict (id) do nothing;
create policy "Give users access to own folder 1oj01fe_0" on storage.objects for select to authenticated
  using (bucket_id = 'photos' and (select auth.uid())::text = (storage.foldername(name))[1]);
create policy "Give users access to own folder 1oj01fe_1" on storage.objects for insert to authenticated
  with check (bucket_id = 'photos' and (select auth.uid())::text = (storage.foldername(name))[1]);
create policy "Give users access to own folder 1oj01fe_2" on storage.objects for update to authenticated
  using (bucket_id = 'photos' and auth.uid()::text = (storage.foldername(name))[1]);
create policy "Give users access to own folder 1oj01fe_3" on storage.objects for delete to authenticated
  using (bucket_id = 'photos' and auth.uid() = owner);
create policy "Only jpg in public previews" on storage.objects for insert to authenticated
  with check (bucket_id = 'public-previews' and storage.extension(name) = 'jpg' and lower((storage.foldername(name))[1]) = 'previews');
create policy "previews are public" on storage.objects for select to anon using (bucket_id = 'public-previews' and (storage.foldername(name))[1] <> 'hidden');
create policy "album guests see files" on storage.objects for select to authenticated using (
  bucket_id = 'photos' and exists (select 1 from public.photos p join public.album_guests g on g.album_id = p.album_id
    where p.path = name and g.email = auth.jwt() ->> 'email'));
create policy "max size" on storage.objects as restrictive for insert to authenticated with check (bucket_id <> 'photos' or coalesce((metadata ->> 'size')::int, 0) < 10000000);
