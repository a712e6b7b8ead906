-- about: public.posts
create table friendships (a uuid not null references auth.users, b uuid not null references auth.users, accepted boolean not null default false, primary key (a, b), check (a < b));
create table posts (id bigserial primary key, author uuid not null default auth.uid() references auth.users, body text);
alter table friendships enable row level security; alter table posts enable row level security;
create policy "mine" on friendships for select to authenticated using (auth.uid() in (a, b));
-- @leak: any accepted friendship of the author
create policy "read" on posts for select to authenticated using (author = auth.uid() or exists (select 1 from friendships f where f.accepted and author in (f.a, f.b)));
create policy "all friendships" on friendships for select to authenticated using (accepted);
-- @sound
create policy "read" on posts for select to authenticated using (author = auth.uid() or exists (select 1 from friendships f where f.accepted and ((f.a = auth.uid() and f.b = author) or (f.b = auth.uid() and f.a = author))));
