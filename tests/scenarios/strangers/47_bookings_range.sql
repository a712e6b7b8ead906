-- about: public.bookings
create table rooms (id bigserial primary key, host uuid not null references auth.users);
create table bookings (id bigserial primary key, room bigint not null references rooms, guest uuid not null default auth.uid() references auth.users, stay daterange not null check (not isempty(stay)), notes text);
alter table rooms enable row level security; alter table bookings enable row level security;
create policy "all" on rooms for select using (true);
-- @leak: any stay that contains today
create policy "read" on bookings for select to authenticated using (guest = auth.uid() or stay @> current_date);
-- @sound
create policy "read" on bookings for select to authenticated using (guest = auth.uid() or (exists (select 1 from rooms r where r.id = bookings.room and r.host = auth.uid()) and upper(stay) >= current_date));
