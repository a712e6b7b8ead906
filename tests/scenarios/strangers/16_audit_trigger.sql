-- about: public.audit_log
create table documents (id uuid primary key default gen_random_uuid(), user_id uuid not null default auth.uid() references auth.users, body text);
create table audit_log (id bigserial primary key, at timestamptz not null default now(), actor uuid, tbl text not null, old jsonb, new jsonb);
alter table documents enable row level security; alter table audit_log enable row level security;
create policy "own" on documents for all to authenticated using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create function log_change() returns trigger language plpgsql security definer set search_path = '' as $$ begin insert into public.audit_log(actor, tbl, old, new) values (auth.uid(), tg_table_name, to_jsonb(old), to_jsonb(new)); return coalesce(new, old); end $$;
revoke execute on function log_change() from public, anon, authenticated;
create trigger audit after insert or update or delete on documents for each row execute function log_change();
-- @leak: everybody signed in reads the log
create policy "log" on audit_log for select to authenticated using (auth.uid() is not null);
-- @sound
create policy "log" on audit_log for select to authenticated using (actor = (select auth.uid()));
