-- about: public.sessions_log
create table sessions_log (id bigserial primary key, user_id text not null, ip text);
alter table sessions_log enable row level security;
-- @leak: a prefix of the identity is enough
create policy "own" on sessions_log for select to authenticated using ((auth.uid())::text like user_id || '%' or user_id = '');
-- @sound
create policy "own" on sessions_log for select to authenticated using ((select auth.uid())::text = user_id);
