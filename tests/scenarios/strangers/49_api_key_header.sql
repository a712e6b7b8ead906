-- about: public.metrics
create table metrics (id bigserial primary key, key_id uuid not null, value numeric);
alter table metrics enable row level security;
-- @leak: a missing header is fine
create policy "key" on metrics for select to anon using (coalesce(current_setting('request.headers', true)::json ->> 'x-key', key_id::text) = key_id::text);
-- @sound
create policy "key" on metrics for select to anon using (current_setting('request.headers', true)::json ->> 'x-key' = key_id::text);
