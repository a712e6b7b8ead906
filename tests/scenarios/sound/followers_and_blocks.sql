-- Posts for everybody, for followers or for oneself, but not for who is blocked.
create table profiles (id uuid primary key references auth.users, username text, avatar_url text);
create table blocks (blocker uuid references profiles, blocked uuid references profiles, primary key (blocker,
    blocked));
create table posts (id bigserial primary key, author uuid not null references profiles, body text, visibility text
    not null default 'public' check (visibility in ('public','followers','private')));
create table follows (follower uuid references profiles, followee uuid references profiles, primary key (follower,
    followee));
create index on posts(author);
create index on follows(followee); create index on blocks(blocked);
alter table profiles enable row level security; alter table blocks enable row level security; alter table posts
    enable row level security; alter table follows enable row level security;
create policy r on profiles for select to authenticated using (true);
create policy own on blocks for all to authenticated using (blocker = (select auth.uid())) with check (blocker =
    (select auth.uid()));
create policy see on posts for select to authenticated using (
  author = (select auth.uid())
  or ((visibility = 'public' or (visibility = 'followers' and exists (select 1 from follows f where f.followee =
    posts.author and f.follower = (select auth.uid()))))
      and not exists (select 1 from blocks b where b.blocker = (select auth.uid()) and b.blocked = posts.author)));
create policy write on posts for insert to authenticated with check (author = (select auth.uid()));
create policy f_read on follows for select to authenticated using (true);
create policy f_add on follows for insert to authenticated with check (follower = (select auth.uid()) and followee <>
    (select auth.uid()));
create policy f_del on follows for delete to authenticated using (follower = (select auth.uid()));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
