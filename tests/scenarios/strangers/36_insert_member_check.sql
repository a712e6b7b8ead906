-- about: public.comments
create table docs (id uuid primary key default gen_random_uuid(), owner uuid not null references auth.users);
create table doc_access (doc uuid not null references docs, usr uuid not null references auth.users, can_comment boolean not null default false, primary key (doc, usr));
create table comments (id bigserial primary key, doc uuid not null references docs, author uuid not null default auth.uid() references auth.users, body text not null);
alter table docs enable row level security; alter table doc_access enable row level security; alter table comments enable row level security;
create policy "mine" on docs for select to authenticated using (owner = auth.uid());
create policy "mine" on doc_access for select to authenticated using (usr = auth.uid());
create policy "read" on comments for select to authenticated using (exists (select 1 from doc_access x where x.doc = comments.doc and x.usr = auth.uid()));
-- @leak: comments on any document
create policy "comment" on comments for insert to authenticated with check (author = auth.uid() or exists (select 1 from doc_access x where x.doc = comments.doc and x.usr = auth.uid() and x.can_comment));
-- @sound
create policy "comment" on comments for insert to authenticated with check (author = auth.uid() and exists (select 1 from doc_access x where x.doc = comments.doc and x.usr = auth.uid() and x.can_comment));
