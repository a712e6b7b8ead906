-- about: public.webhook_secrets
create table webhook_secrets (id bigserial primary key, url text not null, secret text not null);
-- @leak: a policy "for the service role" is for everybody
alter table webhook_secrets enable row level security;
create policy "service role only" on webhook_secrets for all using (true) with check (true);
-- @sound
alter table webhook_secrets enable row level security;
create policy "service role only" on webhook_secrets for all to service_role using (true) with check (true);
