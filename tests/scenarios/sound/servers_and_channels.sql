-- Servers, channels, messages to one person; a public server is open to join.
create table servers (id bigint generated always as identity primary key, owner_id uuid not null default auth.uid(),
    name text, is_public boolean not null default false);
create table server_members (server_id bigint references servers on delete cascade, user_id uuid references
    auth.users, nickname text, joined_at timestamptz default now(), primary key (server_id, user_id));
create table channels (id bigint generated always as identity primary key, server_id bigint not null references
    servers on delete cascade, name text);
create table channel_messages (id bigint generated always as identity primary key, channel_id bigint not null
    references channels on delete cascade, user_id uuid not null default auth.uid(), content text);
create table dms (id bigint generated always as identity primary key, sender uuid not null default auth.uid(),
    recipient uuid not null, content text, read_at timestamptz);
create index on server_members(user_id); create index on channels(server_id); create index on
    channel_messages(channel_id); create index on channel_messages(user_id); create index on dms(sender); create
    index on dms(recipient); create index on servers (owner_id);
alter table servers enable row level security; alter table server_members enable row level security; alter table
    channels enable row level security; alter table channel_messages enable row level security; alter table dms
    enable row level security;
create function public.in_server(sid bigint) returns boolean language sql stable security definer set search_path =
    '' as $$ select exists (select 1 from public.server_members m where m.server_id = sid and m.user_id = auth.uid())
    or exists (select 1 from public.servers s where s.id = sid and s.owner_id = auth.uid()) $$;
create function public.in_channel(cid bigint) returns boolean language sql stable security definer set search_path =
    '' as $$ select public.in_server(c.server_id) from public.channels c where c.id = cid $$;
create policy a on servers for select to authenticated using (is_public or owner_id = (select auth.uid()) or
    in_server(id));
create policy b on servers for insert to authenticated with check (owner_id = (select auth.uid()));
create policy c on servers for update to authenticated using (owner_id = (select auth.uid()));
create policy a on server_members for select to authenticated using (in_server(server_id));
create policy b on server_members for insert to authenticated with check (user_id = (select auth.uid()) and exists
    (select 1 from servers s where s.id = server_id and s.is_public));
create policy c on server_members for delete to authenticated using (user_id = (select auth.uid()) or exists (select
    1 from servers s where s.id = server_id and s.owner_id = (select auth.uid())));
create policy a on channels for select to authenticated using (in_server(server_id));
create policy a on channel_messages for select to authenticated using (in_channel(channel_id));
create policy b on channel_messages for insert to authenticated with check (user_id = (select auth.uid()) and
    in_channel(channel_id));
create policy c on channel_messages for delete to authenticated using (user_id = (select auth.uid()));
create policy a on dms for select to authenticated using ((select auth.uid()) in (sender, recipient));
create policy b on dms for insert to authenticated with check (sender = (select auth.uid()));
create policy c on dms for update to authenticated using (recipient = (select auth.uid())) with check (recipient =
    (select auth.uid()));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO anon, authenticated;
revoke update on dms from anon, authenticated; grant update (read_at) on dms to authenticated;
