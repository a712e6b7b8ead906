-- What nobody owns is a template for everybody, and holds nobody's data.
create table public.checklist (id uuid primary key, user_id uuid references auth.users, title text not null);
create index on public.checklist (user_id);
alter table public.checklist enable row level security;
grant select on public.checklist to authenticated;
create policy read on public.checklist for select to authenticated using (user_id is null or user_id = (select auth.uid()));
