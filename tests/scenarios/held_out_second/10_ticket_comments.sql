-- about: public.ticket_comments
-- A helpdesk: customers see their tickets and the public comments; agents also see the internal ones.
create table public.agents (user_id uuid primary key references auth.users(id));
create table public.tickets (id bigserial primary key, requester uuid not null references auth.users(id), subject text not null);
create table public.ticket_comments (id bigserial primary key, ticket_id bigint not null references public.tickets(id), writer uuid not null references auth.users(id), body text not null, internal boolean not null default false);
alter table public.agents enable row level security; alter table public.tickets enable row level security; alter table public.ticket_comments enable row level security;
create function public.is_agent() returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.agents where user_id = auth.uid()) $$;
create policy t1 on public.tickets for select to authenticated using (requester = auth.uid() or public.is_agent());
create policy t2 on public.ticket_comments for insert to authenticated with check (writer = auth.uid() and exists (select 1 from public.tickets t where t.id = ticket_id));
-- @leak: not internal is enough, whoever's ticket it is
create policy t3 on public.ticket_comments for select to authenticated using (not internal or public.is_agent());
-- @sound
create policy t3 on public.ticket_comments for select to authenticated using (public.is_agent() or not internal and exists (select 1 from public.tickets t where t.id = ticket_id and t.requester = auth.uid()));
