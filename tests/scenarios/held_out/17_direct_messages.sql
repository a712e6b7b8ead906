-- about: public.letters
-- Letters between two people.
create table letters (id uuid primary key default gen_random_uuid(), sender uuid not null default auth.uid() references auth.users(id), receiver uuid not null references auth.users(id), body text, read_at timestamptz);
alter table letters enable row level security;
create policy r on letters for select to authenticated using (auth.uid() = sender or auth.uid() = receiver);
create policy u on letters for update to authenticated using (auth.uid() = receiver) with check (auth.uid() = receiver);
-- @leak: one writes in anybody's name
create policy i on letters for insert to authenticated with check (auth.uid() = sender or auth.uid() = receiver);
-- @sound
create policy i on letters for insert to authenticated with check (auth.uid() = sender);
