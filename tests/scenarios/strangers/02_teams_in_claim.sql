-- about: public.reports
create table reports (id bigserial primary key, team_id text not null, body text);
alter table reports enable row level security;
-- @leak: the claim is one that users edit
create policy "team reads" on reports for select to authenticated using ((auth.jwt() -> 'user_metadata' -> 'teams') ? team_id);
-- @sound
create policy "team reads" on reports for select to authenticated using ((auth.jwt() -> 'app_metadata' -> 'teams') ? team_id);
