-- identity-from-caller
create extension if not exists citext with schema extensions;
create domain public.email_address as extensions.citext check (value ~ '@');
create table contacts (id uuid primary key default gen_random_uuid(), owner uuid not null default auth.uid()
    references auth.users, email public.email_address, first_name text, last_name text, full_name text generated
    always as (first_name || ' ' || last_name) stored);
create index on contacts(owner);
alter table contacts enable row level security;
create policy owner_all on contacts as permissive for all to authenticated using ((( select auth.uid() as uid) =
    owner)) with check ((( select auth.uid() as uid) = owner));
create table invites (id uuid primary key default gen_random_uuid(), email public.email_address not null, org text);
create index on invites (email);
alter table invites enable row level security;
create policy mine on invites for select to authenticated using (email = (select auth.jwt() ->>
    'email')::public.email_address);
create policy mine2 on invites for delete to authenticated using (lower(email::text) = lower((select auth.email())));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;

drop policy mine on invites;
create policy mine on invites for select to authenticated using (email ilike '%' || (select auth.jwt() ->> 'email')
    || '%');
