-- about: public.channels_messages
create table channels (id uuid primary key default gen_random_uuid(), name text not null, is_private boolean not null default false);
create table channel_members (channel_id uuid not null references channels, user_id uuid not null references auth.users, primary key (channel_id, user_id));
create table channels_messages (id bigserial primary key, channel_id uuid not null references channels, user_id uuid not null default auth.uid(), body text);
alter table channels enable row level security; alter table channel_members enable row level security; alter table channels_messages enable row level security;
create policy "me" on channel_members for select to authenticated using (user_id = auth.uid());
create policy "public or member" on channels for select to authenticated using (not is_private or id in (select channel_id from channel_members where user_id = auth.uid()));
-- @leak: a member of one channel reads those of all
create policy "read" on channels_messages for select to authenticated using (exists (select 1 from channel_members m where m.user_id = auth.uid()));
-- @sound
create policy "read" on channels_messages for select to authenticated using (exists (select 1 from channels c where c.id = channels_messages.channel_id and (not c.is_private or exists (select 1 from channel_members m where m.channel_id = c.id and m.user_id = auth.uid()))));
