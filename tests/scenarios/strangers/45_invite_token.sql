-- about: public.invites
create table groups (id uuid primary key default gen_random_uuid(), owner uuid not null default auth.uid() references auth.users);
create table invites (id uuid primary key default gen_random_uuid(), group_id uuid not null references groups, email text not null, token text not null default gen_random_uuid()::text);
alter table groups enable row level security; alter table invites enable row level security;
create policy "own" on groups for all to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
-- @leak: whoever has an invitation of any kind
create policy "mine" on invites for select to authenticated using (email is not null);
-- @sound
create policy "mine" on invites for select to authenticated using (email = (auth.jwt() ->> 'email') or exists (select 1 from groups g where g.id = group_id and g.owner = auth.uid()));
