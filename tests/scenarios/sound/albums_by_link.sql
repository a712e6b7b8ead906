-- An album by the token of a link that has not expired.
create table albums (id uuid primary key default gen_random_uuid(), owner uuid not null default auth.uid() references
    auth.users, title text);
create table album_links (token text primary key default encode(gen_random_bytes(24), 'hex'), album_id uuid not null
    references albums on delete cascade, expires_at timestamptz not null);
create table photos (id uuid primary key default gen_random_uuid(), album_id uuid not null references albums on
    delete cascade, url text);
create index on albums(owner); create index on photos(album_id); create index on album_links(album_id);
alter table albums enable row level security; alter table album_links enable row level security; alter table photos
    enable row level security;
create policy own on albums for all to authenticated using (owner = (select auth.uid())) with check (owner = (select
    auth.uid()));
create policy own on album_links for all to authenticated using (exists (select 1 from albums a where a.id = album_id
    and a.owner = (select auth.uid()))) with check (exists (select 1 from albums a where a.id = album_id and a.owner
    = (select auth.uid())));
create policy own on photos for all to authenticated using (album_id in (select id from albums where owner = (select
    auth.uid()))) with check (album_id in (select id from albums where owner = (select auth.uid())));
create function public.album_by_token(p_token text) returns table (title text, url text) language sql stable security
    definer set search_path = '' as $$
  select a.title, p.url from public.album_links l join public.albums a on a.id = l.album_id join public.photos p on
    p.album_id = a.id where l.token = p_token and l.expires_at > now()
$$;
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO anon, authenticated;
