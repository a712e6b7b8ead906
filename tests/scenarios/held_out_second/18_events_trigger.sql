-- about: public.audit
-- A row for each new user is made by a trigger on auth.users.
create table public.accounts (id uuid primary key references auth.users(id) on delete cascade, tenant_id uuid, level text not null default 'user' check (level in ('user','support','root')));
create table public.audit (id bigserial primary key, account_id uuid not null references public.accounts(id), what text not null);
alter table public.accounts enable row level security; alter table public.audit enable row level security;
create policy a on public.accounts for select to authenticated using (id = (select auth.uid()));
create policy l on public.audit for select to authenticated using (account_id = (select auth.uid()) or exists (select 1 from public.accounts x where x.id = (select auth.uid()) and x.level = 'support'));
-- @leak: the level comes from what the user sends at sign-up
create function public.on_signup() returns trigger language plpgsql security definer set search_path = '' as $$ begin insert into public.accounts (id, level) values (new.id, coalesce(new.raw_user_meta_data ->> 'level', 'user')); return new; end $$;
create trigger on_signup after insert on auth.users for each row execute function public.on_signup();
-- @sound
create function public.on_signup() returns trigger language plpgsql security definer set search_path = '' as $$ begin insert into public.accounts (id, level) values (new.id, coalesce(new.raw_app_meta_data ->> 'level', 'user')); return new; end $$;
create trigger on_signup after insert on auth.users for each row execute function public.on_signup();
