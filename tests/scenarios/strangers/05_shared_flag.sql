-- about: public.recipes
create table recipes (id bigserial primary key, cook uuid not null default auth.uid() references auth.users, title text not null, is_public boolean not null default false);
alter table recipes enable row level security;
-- @leak: the flag is asked the wrong way
create policy "read" on recipes for select using (cook = auth.uid() or not is_public);
create policy "cook" on recipes for insert to authenticated with check (cook = auth.uid());
-- @sound
create policy "read" on recipes for select using (cook = auth.uid() or is_public);
create policy "cook" on recipes for insert to authenticated with check (cook = auth.uid());
