-- about: public.drawings
-- Drawings are thrown away by a time stamp, and are for their artist.
create table drawings (id uuid primary key default gen_random_uuid(), artist_id uuid not null references auth.users(id), svg text, deleted_at timestamptz);
alter table drawings enable row level security;
create policy ins on drawings for insert to authenticated with check (artist_id = auth.uid());
create policy upd on drawings for update to authenticated using (artist_id = auth.uid()) with check (artist_id = auth.uid());
-- @leak: what is in the bin is shown to all
create policy sel on drawings for select to authenticated using (artist_id = auth.uid() and deleted_at is null or deleted_at is not null);
-- @sound
create policy sel on drawings for select to authenticated using (artist_id = auth.uid() and (deleted_at is null or deleted_at > now() - interval '30 days'));
