-- about: public.
-- A family is joined with the code of an invitation.
create table families (id uuid primary key default gen_random_uuid(), surname text);
create table family_members (family_id uuid references families(id), user_id uuid references auth.users(id), primary key (family_id, user_id));
create table invitations (id uuid primary key default gen_random_uuid(), family_id uuid not null references families(id), code text not null default md5(random()::text), email text);
create table albums (id uuid primary key default gen_random_uuid(), family_id uuid not null references families(id), title text);
alter table families enable row level security; alter table family_members enable row level security; alter table invitations enable row level security; alter table albums enable row level security;
create policy f on families for select to authenticated using (id in (select family_id from family_members where user_id = auth.uid()));
create policy m on family_members for select to authenticated using (user_id = auth.uid());
create policy a on albums for select to authenticated using (family_id in (select family_id from family_members where user_id = auth.uid()));
-- @leak: the code is never looked at
create function join_family(target uuid, invite_code text) returns void language plpgsql security definer set search_path = public as $$
begin
  insert into family_members values (target, auth.uid()) on conflict do nothing;
end $$;
-- @sound
create function join_family(target uuid, invite_code text) returns void language plpgsql security definer set search_path = public as $$
begin
  if not exists (select 1 from invitations i where i.family_id = target and i.code = invite_code and i.email = auth.jwt() ->> 'email') then
    raise exception 'wrong code';
  end if;
  insert into family_members values (target, auth.uid()) on conflict do nothing;
end $$;
