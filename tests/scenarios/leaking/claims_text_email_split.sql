-- identity-from-caller
create table public."UserNotes" ("Id" uuid primary key default gen_random_uuid(), "OwnerId" text not null default
    (auth.jwt() ->> 'sub'), "Body" text, "CreatedAt" timestamptz default now());
create index on public."UserNotes" ("OwnerId");
alter table public."UserNotes" enable row level security;
create policy "Owner can do anything" on public."UserNotes" for all to authenticated using ("OwnerId" = (select
    auth.jwt() ->> 'sub')) with check ("OwnerId" = (select auth.jwt() ->> 'sub'));
create table public."Drafts" ("Id" serial primary key, "OwnerId" text not null);
create index on public."Drafts" ("OwnerId");
alter table public."Drafts" enable row level security;
create policy "raw" on public."Drafts" to authenticated using ((current_setting('request.jwt.claims', true)::json ->>
    'sub') = "OwnerId");
create policy "old raw" on public."Drafts" for select to authenticated using ("OwnerId" = (select
    nullif(current_setting('request.jwt.claim.sub', true), '')));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;

create policy "staff" on public."Drafts" for select to authenticated using (split_part(auth.jwt() ->> 'email', '@',
    2) = 'acme.com');
