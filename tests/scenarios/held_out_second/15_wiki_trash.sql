-- about: public.pages
-- Pages of a family: members of the family read and edit; what is in the trash only its author sees.
create table public.family_members (family_id int not null, user_id uuid not null references auth.users(id), primary key (family_id, user_id));
create table public.pages (id uuid primary key default gen_random_uuid(), family_id int not null, author_id uuid not null references auth.users(id), body text, trashed_at timestamptz);
alter table public.family_members enable row level security; alter table public.pages enable row level security;
create policy m on public.family_members for select to authenticated using (user_id = (select auth.uid()));
create policy i on public.pages for insert to authenticated with check (author_id = (select auth.uid()) and family_id in (select family_id from public.family_members where user_id = (select auth.uid())));
-- @leak: OR binds less than AND
create policy s on public.pages for select to authenticated using (family_id in (select family_id from public.family_members where user_id = (select auth.uid())) and author_id = (select auth.uid()) or trashed_at is null);
-- @sound
create policy s on public.pages for select to authenticated using (family_id in (select family_id from public.family_members where user_id = (select auth.uid())) and (author_id = (select auth.uid()) or trashed_at is null));
