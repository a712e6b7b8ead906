-- rows-visible-by-status-only
create table public.posts (id bigserial primary key, author_id uuid not null default auth.uid() references auth.users
    (id), title text not null, content text, status text not null default 'draft' check (status in
    ('draft','published','archived')), published_at timestamptz);
create table public.comments (id bigserial primary key, post_id bigint not null references public.posts on delete
    cascade, author_id uuid not null default auth.uid() references auth.users(id), body text not null, created_at
    timestamptz default now());
create table public.tags (id serial primary key, name text unique);
create table public.post_tags (post_id bigint references posts on delete cascade, tag_id int references tags, primary
    key (post_id, tag_id));
create index on posts (author_id); create index on comments (post_id); create index on comments (author_id); create
    index on posts (status);
alter table posts enable row level security; alter table comments enable row level security; alter table tags enable
    row level security; alter table post_tags enable row level security;
create policy "published posts are public" on posts for select using (status = 'published' or author_id = (select
    auth.uid()));
create policy "authors insert" on posts for insert to authenticated with check (author_id = (select auth.uid()));
create policy "authors update" on posts for update to authenticated using (author_id = (select auth.uid())) with
    check (author_id = (select auth.uid()));
create policy "authors delete" on posts for delete to authenticated using (author_id = (select auth.uid()));
create policy "comments of visible posts" on comments for select using (exists (select 1 from posts p where p.id =
    comments.post_id));
create policy "comment on published" on comments for insert to authenticated with check (author_id = (select
    auth.uid()) and exists (select 1 from posts p where p.id = post_id and p.status = 'published'));
create policy "delete own comment or on own post" on comments for delete to authenticated using (author_id = (select
    auth.uid()) or exists (select 1 from posts p where p.id = comments.post_id and p.author_id = (select auth.uid())));
create policy "tags are public" on tags for select using (true);
create policy "post tags of visible posts" on post_tags for select using (exists (select 1 from posts p where p.id =
    post_id));
create policy "authors tag" on post_tags for insert to authenticated with check (exists (select 1 from posts p where
    p.id = post_id and p.author_id = (select auth.uid())));
create policy "authors untag" on post_tags for delete to authenticated using (exists (select 1 from posts p where
    p.id = post_id and p.author_id = (select auth.uid())));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;

drop policy "published posts are public" on posts;
create policy "published posts are public" on posts for select using (status <> 'deleted');
