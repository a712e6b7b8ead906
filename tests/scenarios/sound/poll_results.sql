-- Votes are secret, their counts for each poll are not.
create table public.polls (id bigint generated always as identity primary key, author uuid not null default auth.uid() references auth.users, question text not null, open boolean not null default true);
create table public.votes (poll_id bigint references public.polls on delete cascade, voter uuid not null default auth.uid() references auth.users, choice smallint not null, primary key (poll_id, voter));
create index on public.polls (author); create index on public.votes (voter);
alter table public.polls enable row level security; alter table public.votes enable row level security;
create policy a on public.polls for select to anon, authenticated using (true);
create policy b on public.polls for insert to authenticated with check (author = (select auth.uid()));
create policy c on public.votes for select to authenticated using (voter = (select auth.uid()));
create policy d on public.votes for insert to authenticated with check (voter = (select auth.uid()) and exists (select 1 from public.polls p where p.id = votes.poll_id and p.open));
create view public.poll_results as select v.poll_id, v.choice, count(*) as votes from public.votes v group by v.poll_id, v.choice;
create function public.close_poll(id bigint) returns void language plpgsql security definer set search_path = '' as $$
begin
  if auth.uid() is distinct from (select p.author from public.polls p where p.id = close_poll.id) then raise exception 'not your poll'; end if;
  update public.polls p set open = false where p.id = close_poll.id;
end $$;
create function public.vote_totals(poll bigint) returns bigint language sql stable security definer set search_path = '' as $$ select count(*) from public.votes where poll_id = poll $$;
revoke execute on all functions in schema public from public, anon; grant execute on all functions in schema public to authenticated;
grant usage on schema public to anon, authenticated, service_role;
grant all on all tables in schema public to service_role;
grant select, insert, update, delete on all tables in schema public to anon, authenticated;
grant usage, select on all sequences in schema public to anon, authenticated;
revoke insert, update, delete on public.poll_results from anon, authenticated;
