-- about: public.like_post
create table blog (id bigserial primary key, author uuid not null references auth.users, body text not null, likes int not null default 0);
create table likes (post bigint not null references blog, usr uuid not null default auth.uid() references auth.users, primary key (post, usr));
alter table blog enable row level security; alter table likes enable row level security;
create policy "read" on blog for select using (true);
create policy "own" on likes for select to authenticated using (usr = auth.uid());
-- @leak: somebody else's like
create function like_post(p bigint, u uuid) returns void language sql security definer set search_path = '' as $$ insert into public.likes (post, usr) values (p, u) on conflict do nothing $$;
-- @sound
create function like_post(p bigint) returns void language sql security definer set search_path = '' as $$ insert into public.likes (post, usr) select p, auth.uid() where auth.uid() is not null on conflict do nothing $$;
