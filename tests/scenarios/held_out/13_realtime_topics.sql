-- about: realtime.messages
-- The channel of a match is for its two players.
create table matches (id uuid primary key default gen_random_uuid(), white uuid not null references auth.users(id), black uuid not null references auth.users(id));
alter table matches enable row level security;
create policy players on matches for select to authenticated using (auth.uid() in (white, black));
-- @leak: any match will do
create policy listen on realtime.messages for select to authenticated using (exists (select 1 from public.matches m where 'match:' || m.id::text like 'match:%' and auth.uid() in (m.white, m.black)));
-- @sound
create policy listen on realtime.messages for select to authenticated using (exists (select 1 from public.matches m where 'match:' || m.id::text = (select realtime.topic()) and auth.uid() in (m.white, m.black)));
