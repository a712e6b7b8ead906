-- about: public.set_member_role(uuid, uuid, text)
-- A member's role is changed by a function that runs as its owner.
create table public.guilds (id uuid primary key default gen_random_uuid(), name text);
create table public.guild_members (guild_id uuid references public.guilds(id), user_id uuid references auth.users(id), role text not null default 'member' check (role in ('leader','officer','member')), primary key (guild_id, user_id));
create table public.guild_bank (id bigserial primary key, guild_id uuid not null references public.guilds(id), gold int not null check (gold >= 0));
alter table public.guilds enable row level security; alter table public.guild_members enable row level security; alter table public.guild_bank enable row level security;
create function public.in_guild(g uuid, roles text[] default array['leader','officer','member']) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.guild_members m where m.guild_id = g and m.user_id = auth.uid() and m.role = any(roles)) $$;
create policy g1 on public.guild_members for select to authenticated using (public.in_guild(guild_id));
create policy g2 on public.guild_bank for select to authenticated using (public.in_guild(guild_id, array['leader','officer']));
-- @leak: every member may
create function public.set_member_role(g uuid, who uuid, new_role text) returns void language plpgsql security definer set search_path = '' as $$
begin if not public.in_guild(g) then raise exception 'not yours'; end if;
  update public.guild_members set role = new_role where guild_id = g and user_id = who; end $$;
-- @sound
create function public.set_member_role(g uuid, who uuid, new_role text) returns void language plpgsql security definer set search_path = '' as $$
begin if not public.in_guild(g, array['leader']) then raise exception 'not yours'; end if;
  update public.guild_members set role = new_role where guild_id = g and user_id = who; end $$;
