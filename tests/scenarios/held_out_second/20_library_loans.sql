-- about: public.loans
-- A library with branches: librarians manage the loans of their branch, readers see their own.
create table public.branches (id smallint primary key, name text not null);
create table public.librarians (user_id uuid references auth.users(id), branch_id smallint references public.branches(id), since date not null default current_date, until date, primary key (user_id, branch_id), check (until is null or until > since));
create table public.loans (id uuid primary key default gen_random_uuid(), branch_id smallint not null references public.branches(id), reader_id uuid not null references auth.users(id), isbn text not null check (isbn ~ '^97[89][0-9]{10}$'), due date not null);
alter table public.branches enable row level security; alter table public.librarians enable row level security; alter table public.loans enable row level security;
create policy b on public.branches for select to authenticated using (true);
create policy l on public.librarians for select to authenticated using (user_id = (select auth.uid()));
create policy r on public.loans for select to authenticated using (reader_id = (select auth.uid()));
-- @leak: the branch of the librarian is not compared
create policy m on public.loans for all to authenticated using (exists (select from public.librarians x where x.user_id = (select auth.uid()) and (x.until is null or x.until > current_date)));
-- @sound
create policy m on public.loans for all to authenticated using (exists (select from public.librarians x where x.user_id = (select auth.uid()) and x.branch_id = loans.branch_id and (x.until is null or x.until > current_date)));
