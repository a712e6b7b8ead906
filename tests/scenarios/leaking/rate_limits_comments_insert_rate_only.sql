-- insert-without-owner-check
create schema if not exists private;
create table private.rate_limits (ip inet, at timestamptz default now());
create function public.check_request() returns void language plpgsql security definer set search_path = '' as $$
declare
  req_method text := current_setting('request.method', true);
  req_ip inet := split_part(current_setting('request.headers', true)::json->>'x-forwarded-for', ',', 1)::inet;
  n int;
begin
  if req_method = 'GET' or req_method = 'HEAD' or req_method is null then return; end if;
  select count(*) into n from private.rate_limits where ip = req_ip and at between now() - interval '5 minutes' and
    now();
  if n > 100 then raise sqlstate 'PGRST' using message = json_build_object('message', 'Rate limit exceeded')::text,
    detail = json_build_object('status', 420)::text; end if;
  insert into private.rate_limits (ip, at) values (req_ip, now());
end $$;
create table comments (id bigint generated always as identity primary key, user_id uuid not null default auth.uid(),
    body text, created_at timestamptz default now());
create index on comments(user_id);
alter table comments enable row level security;
create policy read on comments for select to anon, authenticated using (true);
create policy add on comments for insert to authenticated with check (user_id = (select auth.uid()) and (select
    count(*) from comments c where c.user_id = (select auth.uid()) and c.created_at > now() - interval '1 minute') < 5);
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO anon, authenticated;

drop policy add on comments;
create policy add on comments for insert to authenticated with check ((select count(*) from comments c where
    c.user_id = (select auth.uid()) and c.created_at > now() - interval '1 minute') < 5);
