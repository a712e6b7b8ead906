-- Social network
create type visibility as enum ('public', 'followers', 'private');
create table profiles (
  id uuid references auth.users on delete cascade primary key,
  handle text unique check (handle ~ '^[a-z0-9_]{3,20}$'),
  display_name text,
  avatar_url text,
  is_private boolean default false,
  created_at timestamptz default now(),
  constraint username_length check (char_length(handle) >= 3)
);
create table follows (
  follower_id uuid references profiles(id) on delete cascade,
  following_id uuid references profiles(id) on delete cascade,
  created_at timestamptz default now(),
  primary key (follower_id, following_id),
  check (follower_id <> following_id)
);
create table blocks (blocker uuid references profiles on delete cascade, blocked uuid references profiles on delete cascade, primary key (blocker, blocked));
create table posts (
  id uuid default gen_random_uuid() primary key,
  author_id uuid references profiles(id) on delete cascade not null,
  content text check (length(content) <= 500),
  media text[],
  visibility visibility default 'public' not null,
  reply_to uuid references posts(id) on delete set null,
  created_at timestamptz default now() not null
);
create index posts_author on posts (author_id, created_at desc);
create table likes (
  post_id uuid references posts on delete cascade,
  user_id uuid references profiles on delete cascade default auth.uid(),
  primary key (post_id, user_id)
);
create table notifications (
  id bigint generated always as identity primary key,
  recipient uuid not null references profiles on delete cascade,
  payload jsonb not null,
  read_at timestamptz
);
create index unread on notifications (recipient) where read_at is null;
alter table profiles enable row level security;
alter table follows enable row level security;
alter table blocks enable row level security;
alter table posts enable row level security;
alter table likes enable row level security;
alter table notifications enable row level security;

create policy "Public profiles are viewable by everyone." on profiles for select using (true);
create policy "Users can insert their own profile." on profiles for insert with check ((select auth.uid()) = id);
create policy "Users can update own profile." on profiles for update using ((select auth.uid()) = id);
create policy "see follows" on follows for select using (true);
create policy "follow others" on follows for insert with check (auth.uid() = follower_id and not exists (
  select 1 from blocks b where b.blocker = follows.following_id and b.blocked = auth.uid()));
create policy "unfollow" on follows for delete using (auth.uid() = follower_id or auth.uid() = following_id);
create policy "own blocks" on blocks using (blocker = auth.uid()) with check (blocker = auth.uid());
create policy "public posts" on posts for select using (visibility = 'public');
create policy "own posts" on posts for all using (author_id = auth.uid());
create policy "followers posts" on posts for select using (
  visibility = 'followers' and exists (select 1 from follows where follows.following_id = posts.author_id and follows.follower_id = auth.uid()));
create policy "no posts of who blocked me" on posts as restrictive for select using (
  not exists (select from blocks where blocker = author_id and blocked = auth.uid()));
create policy "likes of posts I see" on likes for select using (post_id in (select id from posts));
create policy "like" on likes for insert with check (user_id = auth.uid() and post_id in (select id from posts));
create policy "unlike" on likes for delete using (user_id = auth.uid());
create policy "my notifications" on notifications for select using (recipient = auth.uid());
create policy "mark as read" on notifications for update using (recipient = auth.uid()) with check (recipient = auth.uid());

create function public.handle_new_user() returns trigger set search_path = '' as $$
begin
  insert into public.profiles (id, display_name, avatar_url)
  values (new.id, new.raw_user_meta_data->>'full_name', new.raw_user_meta_data->>'avatar_url');
  return new;
end;
$$ language plpgsql security definer;
create trigger on_auth_user_created after insert on auth.users for each row execute procedure public.handle_new_user();
create function notify_like() returns trigger language plpgsql security definer set search_path = public as $$
begin
  insert into notifications (recipient, payload)
    select author_id, jsonb_build_object('kind', 'like', 'post', new.post_id) from posts where id = new.post_id;
  return null;
end $$;
create trigger liked after insert on likes for each row when (new.user_id is not null) execute function notify_like();
create view feed with (security_invoker = on) as
  select p.*, pr.handle from posts p join profiles pr on pr.id = p.author_id;

insert into storage.buckets (id, name) values ('avatars', 'avatars');
create policy "Avatar images are publicly accessible." on storage.objects for select using (bucket_id = 'avatars');
create policy "Anyone can upload an avatar." on storage.objects for insert with check (bucket_id = 'avatars');
create policy "Anyone can update their own avatar." on storage.objects for update using ((select auth.uid()) = owner) with check (bucket_id = 'avatars');
