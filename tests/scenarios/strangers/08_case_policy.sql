-- about: public.articles
create table profiles (id uuid primary key references auth.users, kind text not null default 'reader' check (kind in ('reader','author','admin')));
create table articles (id bigserial primary key, author uuid not null references profiles, state text not null default 'draft', body text);
alter table profiles enable row level security; alter table articles enable row level security;
create policy "me" on profiles for select to authenticated using (id = auth.uid());
-- @leak: the last branch is for everybody
create policy "read" on articles for select to authenticated using (case (select kind from profiles where id = auth.uid()) when 'admin' then true when 'author' then author = auth.uid() else true end);
-- @sound
create policy "read" on articles for select to authenticated using (case (select kind from profiles where id = auth.uid()) when 'admin' then true when 'author' then author = auth.uid() else state = 'published' end);
