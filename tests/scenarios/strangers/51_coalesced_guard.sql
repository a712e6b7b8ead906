-- about: public.results
create table pupils (id uuid primary key default gen_random_uuid(), guardian uuid references auth.users);
create table results (id bigserial primary key, pupil uuid not null references pupils, mark int);
alter table pupils enable row level security; alter table results enable row level security;
-- @leak: unknown is true
create function guards(p uuid) returns boolean language plpgsql stable security definer set search_path = '' as $$ declare g uuid; begin select guardian into g from public.pupils where id = p; return coalesce(g = auth.uid(), true); end $$;
create policy "read" on results for select using (guards(pupil));
-- @sound
create function guards(p uuid) returns boolean language plpgsql stable security definer set search_path = '' as $$ declare g uuid; begin select guardian into g from public.pupils where id = p; return coalesce(g = auth.uid(), false); end $$;
create policy "read" on results for select using (guards(pupil));
