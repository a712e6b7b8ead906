-- AI chat history with documents
create table if not exists public.conversations (
  id uuid not null default gen_random_uuid() primary key,
  user_id text not null default ((auth.jwt() ->> 'sub'::text)),
  title text,
  model text not null default 'gpt-4',
  pinned boolean not null default false,
  created_at timestamp without time zone not null default timezone('utc', now())
);
create table if not exists public.chat_messages (
  id uuid not null default gen_random_uuid() primary key,
  conversation_id uuid not null references public.conversations (id) on delete cascade,
  role text not null check (role in ('user', 'assistant', 'system', 'tool')),
  content text not null default '',
  tokens integer,
  metadata jsonb default '{}'::jsonb,
  created_at timestamptz not null default now()
);
create table if not exists public.documents (
  id bigserial primary key, owner_id uuid references auth.users (id), name text not null, storage_object_id uuid, is_public boolean default false, embedding float8[]
);
create table if not exists public.document_sections (id bigserial primary key, document_id bigint not null references public.documents (id) on delete cascade, content text not null, embedding real[]);
create table public.usage_quotas (user_id uuid primary key references auth.users (id) on delete cascade, used bigint not null default 0, quota bigint not null default 100000, resets_at timestamptz default (now() + '30 days'::interval));
alter table public.conversations enable row level security;
alter table public.chat_messages enable row level security;
alter table public.documents enable row level security;
alter table public.document_sections enable row level security;
alter table public.usage_quotas enable row level security;
create policy "Users can view their own conversations" on public.conversations for select using (auth.uid()::text = user_id);
create policy "Users can create their own conversations" on public.conversations for insert with check (auth.uid()::text = user_id);
create policy "Users can update their own conversations" on public.conversations for update using ((select auth.uid())::text = user_id);
create policy "Users can delete their own conversations" on public.conversations for delete using ((auth.jwt() ->> 'sub') = user_id);
create policy "Users can view messages in their conversations" on public.chat_messages for select using (
  conversation_id in (select id from public.conversations where user_id = auth.uid()::text));
create policy "Users can insert messages" on public.chat_messages for insert with check (
  exists (select 1 from public.conversations where conversations.id = chat_messages.conversation_id and conversations.user_id = (auth.uid())::text));
create policy "documents" on public.documents for all to authenticated using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy "public documents" on public.documents for select to anon, authenticated using (is_public is true);
create policy "Users can query their own document sections" on public.document_sections for all to authenticated using (
  document_id in (select id from public.documents where (owner_id = (select auth.uid()))));
create policy "quota" on public.usage_quotas for select to authenticated using (auth.uid() = user_id);
create policy "under quota" on public.chat_messages as restrictive for insert to authenticated with check (
  (select used < quota from public.usage_quotas where usage_quotas.user_id = auth.uid()));
create or replace function public.match_sections(query real[], match_count int default 5) returns table (id bigint, content text) language sql stable as $$
  select id, content from public.document_sections limit match_count
$$;
