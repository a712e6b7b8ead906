-- about: public.photos
create table albums (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users on delete cascade, title text not null);
create table photos (id bigserial primary key, album_id uuid not null references albums on delete cascade, url text not null, taken_at timestamptz);
alter table albums enable row level security; alter table photos enable row level security;
create policy "albums own" on albums for all to authenticated using (owner_id = (select auth.uid())) with check (owner_id = (select auth.uid()));
-- @leak: the child asks whether the caller has any album
create policy "photos own" on photos for all to authenticated using (exists (select 1 from albums where owner_id = (select auth.uid()))) with check (exists (select 1 from albums where owner_id = (select auth.uid())));
-- @sound
create policy "photos own" on photos for all to authenticated using (exists (select 1 from albums a where a.id = photos.album_id and a.owner_id = (select auth.uid()))) with check (exists (select 1 from albums a where a.id = photos.album_id and a.owner_id = (select auth.uid())));
