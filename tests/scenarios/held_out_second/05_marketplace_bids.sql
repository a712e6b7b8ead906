-- about: public.bids
-- Sealed bids on a lot: a bidder sees its own, the seller all of its lot.
create table public.lots (id uuid primary key default gen_random_uuid(), seller_id uuid not null references auth.users(id), title text not null, closes_at timestamptz not null);
create table public.bids (id uuid primary key default gen_random_uuid(), lot_id uuid not null references public.lots(id), bidder_id uuid not null references auth.users(id), amount numeric(12,2) not null check (amount > 0), unique (lot_id, bidder_id));
alter table public.lots enable row level security; alter table public.bids enable row level security;
create policy lots_read on public.lots for select to anon, authenticated using (true);
create policy lots_own on public.lots for all to authenticated using (seller_id = (select auth.uid())) with check (seller_id = (select auth.uid()));
create policy bids_insert on public.bids for insert to authenticated with check (bidder_id = (select auth.uid()));
-- @leak: the lot is compared with itself
create policy bids_read on public.bids for select to authenticated using (bidder_id = (select auth.uid()) or exists (select 1 from public.lots l where l.seller_id = (select auth.uid()) and l.id = l.id));
-- @sound
create policy bids_read on public.bids for select to authenticated using (bidder_id = (select auth.uid()) or exists (select 1 from public.lots l where l.id = bids.lot_id and l.seller_id = (select auth.uid())));
