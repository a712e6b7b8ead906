-- Event tickets; event trigger-free; generated columns; RPC
create type ticket_kind as enum ('free', 'standard', 'vip');
create table organizers (id uuid primary key default gen_random_uuid(), name text not null, user_ids uuid[] not null default array[auth.uid()]);
create table events (
  id uuid primary key default gen_random_uuid(), organizer_id uuid not null references organizers on delete cascade,
  title text not null, capacity integer not null check (capacity > 0), starts_at timestamptz not null, ends_at timestamptz not null,
  published boolean not null default false, slug text generated always as (lower(regexp_replace(title, '[^a-zA-Z0-9]+', '-', 'g'))) stored,
  check (ends_at > starts_at)
);
create table tickets (
  id uuid primary key default gen_random_uuid(), event_id uuid not null references events on delete cascade, holder uuid not null references auth.users default auth.uid(),
  kind ticket_kind not null default 'standard', code text not null unique default encode(sha256(random()::text::bytea), 'hex'), checked_in_at timestamptz
);
create index tickets_event on tickets (event_id); create index tickets_holder on tickets (holder);
create table checkin_staff (event_id uuid not null references events on delete cascade, user_id uuid not null references auth.users on delete cascade, gate text, primary key (event_id, user_id));
alter table organizers enable row level security; alter table events enable row level security; alter table tickets enable row level security; alter table checkin_staff enable row level security;
create policy "organizers: members" on organizers for all to authenticated using ((select auth.uid()) = any (user_ids)) with check ((select auth.uid()) = any (user_ids));
create policy "events: published" on events for select to anon, authenticated using (published);
create policy "events: organizers" on events for all to authenticated using (organizer_id in (select o.id from organizers o where (select auth.uid()) = any (o.user_ids)));
create policy "tickets: holder" on tickets for select to authenticated using (holder = (select auth.uid()));
create policy "tickets: staff" on tickets for select to authenticated using (event_id in (select event_id from checkin_staff where user_id = (select auth.uid())));
create policy "tickets: staff checks in" on tickets for update to authenticated using (exists (select 1 from checkin_staff s where s.event_id = tickets.event_id and s.user_id = (select auth.uid())));
create policy "tickets: organizers" on tickets for select to authenticated using (exists (
  select 1 from events e join organizers o on o.id = e.organizer_id where e.id = tickets.event_id and (select auth.uid()) = any (o.user_ids)));
create policy "tickets: buy" on tickets for insert to authenticated with check (holder = (select auth.uid()) and checked_in_at is null and kind <> 'vip'
  and (select e.published and e.starts_at > now() from events e where e.id = event_id));
create policy "staff: self" on checkin_staff for select to authenticated using (user_id = (select auth.uid()));
create policy "staff: organizers" on checkin_staff for all to authenticated using (exists (select 1 from events e where e.id = checkin_staff.event_id and e.organizer_id in (select o.id from organizers o where (select auth.uid()) = any (o.user_ids))));
create function check_in(ticket_code text) returns tickets language plpgsql security invoker set search_path = public as $$
declare t tickets;
begin
  update tickets set checked_in_at = now() where code = ticket_code and checked_in_at is null returning * into t;
  if not found then raise exception 'unknown or used'; end if;
  return t;
end $$;
comment on function check_in(text) is 'Marks a ticket as used; row security decides whose';
comment on policy "tickets: holder" on tickets is 'A holder sees the own tickets';
