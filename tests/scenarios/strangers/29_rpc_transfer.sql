-- about: public.pay
create table purses (id uuid primary key default gen_random_uuid(), user_id uuid not null unique references auth.users, credits int not null default 0 check (credits >= 0));
alter table purses enable row level security;
create policy "own" on purses for select to authenticated using (user_id = auth.uid());
-- @leak: who pays is an argument
create function pay(p_from uuid, p_to uuid, p_n int) returns void language plpgsql security definer set search_path = '' as $$ begin if p_n <= 0 then raise exception 'no'; end if; update public.purses set credits = credits - p_n where user_id = p_from; update public.purses set credits = credits + p_n where user_id = p_to; end $$;
revoke execute on function pay from public, anon; grant execute on function pay to authenticated;
-- @sound
create function pay(p_to uuid, p_n int) returns void language plpgsql security definer set search_path = '' as $$ begin if auth.uid() is null then raise exception 'sign in'; end if; if p_n <= 0 then raise exception 'no'; end if; update public.purses set credits = credits - p_n where user_id = auth.uid(); if not found then raise exception 'no purse'; end if; update public.purses set credits = credits + p_n where user_id = p_to; end $$;
revoke execute on function pay from public, anon; grant execute on function pay to authenticated;
