-- about: public.recipes
-- Cooks keep recipes for themselves or share them with everybody.
create table recipes (id serial primary key, cook uuid not null default auth.uid() references auth.users(id), name text, secret_ingredient text, is_shared boolean not null default false);
alter table recipes enable row level security;
create policy "cooks edit their recipes" on recipes for all to authenticated using (cook = (select auth.uid())) with check (cook = (select auth.uid()));
-- @leak: whoever sees a shared recipe may change it
create policy "shared recipes" on recipes for all to authenticated using (is_shared);
-- @sound
create policy "shared recipes" on recipes for select to authenticated using (is_shared);
