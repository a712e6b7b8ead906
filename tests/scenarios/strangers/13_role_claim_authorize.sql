-- about: public.messages
create type chat_role as enum ('admin','moderator');
create table chat_permissions (role chat_role not null, permission text not null, primary key (role, permission));
create table messages (id bigserial primary key, author uuid not null references auth.users, body text not null, sent timestamptz not null default now());
alter table chat_permissions enable row level security; alter table messages enable row level security;
-- @leak: the number of permissions is compared with zero the wrong way
create function can(p text) returns boolean language plpgsql stable security definer set search_path = '' as $$ declare n int; r public.chat_role; begin select (auth.jwt() ->> 'user_role')::public.chat_role into r; select count(*) into n from public.chat_permissions where permission = p and role = r; return n >= 0; end $$;
create policy "delete" on messages for delete to authenticated using ((select can('messages.delete')));
create policy "read" on messages for select to authenticated using (author = (select auth.uid()));
-- @sound
create function can(p text) returns boolean language plpgsql stable security definer set search_path = '' as $$ declare n int; r public.chat_role; begin select (auth.jwt() ->> 'user_role')::public.chat_role into r; select count(*) into n from public.chat_permissions where permission = p and role = r; return n > 0; end $$;
create policy "delete" on messages for delete to authenticated using ((select can('messages.delete')));
create policy "read" on messages for select to authenticated using (author = (select auth.uid()));
