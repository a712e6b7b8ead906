-- about: public.claims_files
create table claims_files (id bigserial primary key, insurer uuid not null, adjuster uuid references auth.users, body text);
alter table claims_files enable row level security;
create policy "open to staff" on claims_files for select to authenticated using (true);
-- @leak: the restriction lets pass whoever has no insurer
create policy "insurer" on claims_files as restrictive for all to authenticated using ((auth.jwt() -> 'app_metadata' ->> 'insurer') is null or insurer::text = (auth.jwt() -> 'app_metadata' ->> 'insurer')) with check (insurer::text = (auth.jwt() -> 'app_metadata' ->> 'insurer'));
-- @sound
create policy "insurer" on claims_files as restrictive for all to authenticated using (insurer::text = (auth.jwt() -> 'app_metadata' ->> 'insurer')) with check (insurer::text = (auth.jwt() -> 'app_metadata' ->> 'insurer'));
