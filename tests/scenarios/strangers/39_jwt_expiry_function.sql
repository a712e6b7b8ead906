-- about: public.keys
create table keys (id bigserial primary key, org text not null, value text not null);
alter table keys enable row level security;
-- @leak: the default of a missing claim is the row's value
create function claim_or(k text, d text) returns text language sql stable set search_path = '' as $$ select coalesce(auth.jwt() -> 'app_metadata' ->> k, d) $$;
create policy "org" on keys for select to authenticated using (org = claim_or('org', org));
-- @sound
create function claim_or(k text, d text) returns text language sql stable set search_path = '' as $$ select coalesce(auth.jwt() -> 'app_metadata' ->> k, d) $$;
create policy "org" on keys for select to authenticated using (org = claim_or('org', ''));
alter table keys add check (org <> '');
