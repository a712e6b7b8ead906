-- rows-visible-by-status-only
-- That a customer is active says how far the work is, and not that their number is public.
create table public.customer (id uuid primary key, company text not null, mobile text, status text not null default 'active');
alter table public.customer enable row level security;
grant select on public.customer to anon;
create policy active on public.customer for select to anon using (status = 'active');
