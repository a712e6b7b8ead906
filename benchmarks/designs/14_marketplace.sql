-- two-sided marketplace
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists pg_trgm with schema extensions;
create table public.sellers (
  id uuid primary key default extensions.uuid_generate_v4(),
  user_id uuid references auth.users(id) on delete cascade not null unique,
  shop_name text not null,
  verified boolean default false,
  rating numeric(3,2) default 0.00
);
create table public.listings (
  id uuid primary key default extensions.uuid_generate_v4(),
  seller_id uuid references public.sellers(id) on delete cascade not null,
  title text not null, price integer not null, status text default 'draft' not null,
  constraint listings_status_check check (status in ('draft','published','sold','removed'))
);
create index listings_title_trgm on public.listings using gin (title extensions.gin_trgm_ops);
create index listings_seller_id_idx on public.listings(seller_id);
create table public.offers (
  id uuid primary key default extensions.uuid_generate_v4(),
  listing_id uuid references public.listings(id) on delete cascade not null,
  buyer_id uuid references auth.users(id) on delete cascade not null,
  amount integer not null check (amount > 0),
  accepted boolean,
  created_at timestamp default now()
);
create table public.conversations (id uuid primary key default extensions.uuid_generate_v4(), buyer_id uuid not null, seller_id uuid not null references public.sellers, unique(buyer_id, seller_id));
create table public.direct_messages (
  id bigserial primary key, conversation_id uuid references public.conversations(id) on delete cascade not null,
  sender_id uuid references auth.users(id) not null, body text not null check (body <> ''), sent_at timestamptz default now());
alter table public.sellers enable row level security;
alter table public.listings enable row level security;
alter table public.offers enable row level security;
alter table public.conversations enable row level security;
alter table public.direct_messages enable row level security;
create policy "Sellers are viewable by everyone" on public.sellers for select using ( true );
create policy "Users can become sellers" on public.sellers for insert with check ( auth.uid() = user_id and verified = false );
create policy "Sellers can update themselves" on public.sellers for update using ( auth.uid() = user_id );
create policy "Published listings are viewable by everyone" on public.listings for select using ( status = 'published' );
create policy "Sellers can manage own listings" on public.listings for all using (
  auth.uid() in (select user_id from public.sellers where id = seller_id)
);
create policy "Buyers can view own offers" on public.offers for select using ( auth.uid() = buyer_id );
create policy "Sellers can view offers on their listings" on public.offers for select using (
  exists (
    select 1 from public.listings
    join public.sellers on sellers.id = listings.seller_id
    where listings.id = offers.listing_id and sellers.user_id = auth.uid()
  )
);
create policy "Buyers can make offers" on public.offers for insert with check (
  auth.uid() = buyer_id and accepted is null and
  listing_id in (select id from public.listings where status = 'published')
);
create policy "Sellers can answer offers" on public.offers for update using (
  (select s.user_id from public.listings l join public.sellers s on s.id = l.seller_id where l.id = offers.listing_id) = auth.uid()
);
create policy "Participants can view conversations" on public.conversations for select using (
  auth.uid() = buyer_id or exists (select 1 from public.sellers where sellers.id = conversations.seller_id and sellers.user_id = auth.uid())
);
create policy "Buyers start conversations" on public.conversations for insert with check (auth.uid() = buyer_id);
create policy "Participants can read messages" on public.direct_messages for select using (
  exists (
    select 1 from public.conversations c left join public.sellers s on s.id = c.seller_id
    where c.id = conversation_id and (c.buyer_id = auth.uid() or s.user_id = auth.uid())
  )
);
create policy "Participants can send messages" on public.direct_messages for insert with check (
  sender_id = auth.uid() and exists (
    select 1 from public.conversations c where c.id = conversation_id and auth.uid() = c.buyer_id
  )
);
