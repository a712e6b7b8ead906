-- about: public.drafts
create table drafts (id bigserial primary key, owner uuid not null default auth.uid() references auth.users, editors uuid[] not null default '{}', body text);
alter table drafts enable row level security;
-- @leak: a row without editors is for all
create policy "read" on drafts for select to authenticated using (owner = auth.uid() or auth.uid() = any (editors) or cardinality(editors) = 0);
-- @sound
create policy "read" on drafts for select to authenticated using (owner = auth.uid() or auth.uid() = any (editors));
