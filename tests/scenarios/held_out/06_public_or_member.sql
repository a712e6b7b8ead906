-- about: public.club_posts
-- Clubs are public or closed; posts of a closed club are for its members.
create table clubs (id uuid primary key default gen_random_uuid(), name text, visibility text not null default 'closed' check (visibility in ('public','closed')));
create table club_members (club_id uuid references clubs(id), member_id uuid references auth.users(id), primary key (club_id, member_id));
create table club_posts (id uuid primary key default gen_random_uuid(), club_id uuid not null references clubs(id), author_id uuid references auth.users(id), text text);
alter table clubs enable row level security; alter table club_members enable row level security; alter table club_posts enable row level security;
create policy all_clubs on clubs for select using (true);
create policy my_clubs on club_members for select to authenticated using (member_id = auth.uid());
-- @leak: OR binds outside of the club's own condition
create policy posts on club_posts for select to authenticated using (exists (select 1 from clubs c where c.id = club_id and c.visibility = 'public' or exists (select 1 from club_members m where m.member_id = auth.uid())));
-- @sound
create policy posts on club_posts for select to authenticated using (exists (select 1 from clubs c where c.id = club_id and (c.visibility = 'public' or exists (select 1 from club_members m where m.club_id = c.id and m.member_id = auth.uid()))));
