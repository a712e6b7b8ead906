-- about: public.offers
create table banned (usr uuid primary key references auth.users);
create table offers (id bigserial primary key, dealer uuid not null default auth.uid() references auth.users, discount int);
alter table banned enable row level security; alter table offers enable row level security;
-- @leak: not banned is enough
create policy "read" on offers for select to authenticated using (auth.uid() not in (select usr from banned) or dealer = auth.uid());
-- @sound
create policy "read" on offers for select to authenticated using (dealer = auth.uid());
create policy "banned" on offers as restrictive for select to authenticated using (not exists (select 1 from banned b where b.usr = auth.uid()));
create policy "see own ban" on banned for select to authenticated using (usr = auth.uid());
