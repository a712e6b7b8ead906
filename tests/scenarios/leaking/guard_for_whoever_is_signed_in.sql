-- definer-function
-- Only a user who is signed in is checked, and anon may call the function.
create table public.team_member (team_id uuid, user_id uuid, primary key (team_id, user_id));
create table public.plan_of_team (id uuid primary key, team_id uuid not null, body text);
create index on public.plan_of_team (team_id);
alter table public.team_member enable row level security;
alter table public.plan_of_team enable row level security;
grant select on public.team_member, public.plan_of_team to authenticated;
create policy own on public.team_member for select to authenticated using (user_id = (select auth.uid()));
create policy of_team on public.plan_of_team for select to authenticated using (
    team_id in (select m.team_id from public.team_member m where m.user_id = (select auth.uid())));
create function public.plans(team uuid) returns setof text language plpgsql stable security definer set search_path = '' as $$
begin
  if auth.uid() is not null then
    if not exists (select from public.team_member m where m.team_id = team and m.user_id = auth.uid()) then
      raise exception 'not yours' using errcode = '42501';
    end if;
  end if;
  return query select p.body from public.plan_of_team p where p.team_id = team;
end $$;
