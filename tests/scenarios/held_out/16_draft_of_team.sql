-- about: public.articles
-- Articles of a newspaper: published ones are for all, drafts for the desk that writes them.
create table desks (id int primary key, name text);
create table desk_editors (desk_id int references desks(id), editor_id uuid references auth.users(id), primary key (desk_id, editor_id));
create table articles (id uuid primary key default gen_random_uuid(), desk_id int not null references desks(id), state text not null default 'draft' check (state in ('draft','review','published')), body text);
alter table desks enable row level security; alter table desk_editors enable row level security; alter table articles enable row level security;
create policy d on desks for select using (true);
create policy e on desk_editors for select to authenticated using (editor_id = auth.uid());
create policy pub on articles for select using (state = 'published');
-- @leak: an editor of any desk changes every article in review
create policy edit on articles for update to authenticated using (state = 'review' and exists (select 1 from desk_editors where editor_id = auth.uid()) or desk_id in (select desk_id from desk_editors where editor_id = auth.uid()));
create policy see on articles for select to authenticated using (exists (select 1 from desk_editors where editor_id = auth.uid()));
-- @sound
create policy edit on articles for update to authenticated using (desk_id in (select desk_id from desk_editors where editor_id = auth.uid())) with check (desk_id in (select desk_id from desk_editors where editor_id = auth.uid()));
create policy see on articles for select to authenticated using (desk_id in (select desk_id from desk_editors where editor_id = auth.uid()));
