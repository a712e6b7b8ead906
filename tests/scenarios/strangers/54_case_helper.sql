-- about: public.files
create table folders (id uuid primary key default gen_random_uuid(), owner uuid not null references auth.users, mode text not null default 'private');
create table folder_shares (folder uuid not null references folders, usr uuid not null references auth.users, level text not null default 'read', primary key (folder, usr));
create table files (id uuid primary key default gen_random_uuid(), folder uuid not null references folders, name text not null);
alter table folders enable row level security; alter table folder_shares enable row level security; alter table files enable row level security;
-- @leak: shared with anybody is shared with all
create function folder_level(f uuid) returns text language plpgsql stable security definer set search_path = '' as $$ declare x record; begin select * into x from public.folders where id = f; if x.owner = auth.uid() then return 'write'; elsif x.mode = 'shared' then return 'read'; end if; return 'none'; end $$;
create policy "read" on files for select to authenticated using (folder_level(folder) in ('read','write'));
create policy "write" on files for update to authenticated using (folder_level(folder) = 'write') with check (folder_level(folder) = 'write');
-- @sound
create function folder_level(f uuid) returns text language plpgsql stable security definer set search_path = '' as $$ declare x record; l text; begin select * into x from public.folders where id = f; if x.owner = auth.uid() then return 'write'; elsif x.mode = 'shared' then select level into l from public.folder_shares where folder = f and usr = auth.uid(); return coalesce(l, 'none'); end if; return 'none'; end $$;
create policy "read" on files for select to authenticated using (folder_level(folder) in ('read','write'));
create policy "write" on files for update to authenticated using (folder_level(folder) = 'write') with check (folder_level(folder) = 'write');
