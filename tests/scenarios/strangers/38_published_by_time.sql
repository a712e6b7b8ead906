-- about: public.letters
create table letters (id bigserial primary key, writer uuid not null default auth.uid() references auth.users, recipient uuid not null references auth.users, body text, deliver_at timestamptz not null);
alter table letters enable row level security;
-- @leak: delivered letters are for everybody
create policy "read" on letters for select to authenticated using (writer = auth.uid() or deliver_at <= now());
-- @sound
create policy "read" on letters for select to authenticated using (writer = auth.uid() or (recipient = auth.uid() and deliver_at <= now()));
