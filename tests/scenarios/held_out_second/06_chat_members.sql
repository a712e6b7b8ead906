-- about: public.room_members
-- Private rooms: who is in a room adds others; nobody adds themselves.
create table public.rooms (id uuid primary key default gen_random_uuid(), topic text, private boolean not null default true);
create table public.room_members (room_id uuid references public.rooms(id) on delete cascade, member_id uuid references auth.users(id) on delete cascade, joined_at timestamptz not null default now(), primary key (room_id, member_id));
create table public.room_messages (id bigserial primary key, room_id uuid not null references public.rooms(id) on delete cascade, author_id uuid not null default auth.uid() references auth.users(id), content text not null check (content <> ''));
alter table public.rooms enable row level security; alter table public.room_members enable row level security; alter table public.room_messages enable row level security;
create function public.my_rooms() returns setof uuid language sql stable security definer set search_path = '' as $$ select room_id from public.room_members where member_id = auth.uid() $$;
create policy r1 on public.rooms for select to authenticated using (not private or id in (select public.my_rooms()));
create policy r2 on public.room_members for select to authenticated using (room_id in (select public.my_rooms()));
create policy r3 on public.room_messages for select to authenticated using (room_id in (select public.my_rooms()));
create policy r4 on public.room_messages for insert to authenticated with check (author_id = auth.uid() and room_id in (select public.my_rooms()));
-- @leak
create policy r5 on public.room_members for insert to authenticated with check (member_id = auth.uid() or room_id in (select public.my_rooms()));
-- @sound
create policy r5 on public.room_members for insert to authenticated with check (room_id in (select public.my_rooms()));
