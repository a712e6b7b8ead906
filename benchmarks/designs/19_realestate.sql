-- Real estate, agencies with teams
create table agencies (id uuid primary key default gen_random_uuid(), name text not null, country char(2) not null default 'DE');
create table agents (
  user_id uuid primary key references auth.users on delete cascade,
  agency_id uuid references agencies on delete set null,
  licence text, commission numeric(4,3) default 0.035
);
create index on agents (agency_id);
create table properties (
  id bigint generated always as identity primary key,
  agency_id uuid not null references agencies on delete cascade,
  agent_id uuid references agents (user_id),
  address text not null, rooms numeric(3,1), area_sqm real, price numeric(12,0),
  price_per_sqm numeric generated always as (case when area_sqm > 0 then round(price / area_sqm::numeric, 2) end) stored,
  published_at timestamptz, hidden boolean not null default false
);
create index properties_list on properties (agency_id, published_at desc) include (price, rooms) where not hidden;
create table inquiries (id bigint generated always as identity primary key, property_id bigint not null references properties on delete cascade, name text not null, email text not null, message text, created_at timestamptz default now(), constraint mail check (email like '%_@_%'));
create table favourites (user_id uuid not null default auth.uid(), property_id bigint not null references properties on delete cascade, created_at timestamptz default now(), primary key (user_id, property_id));
create or replace function my_agency() returns uuid language sql stable security definer set search_path = public as $$ select agency_id from agents where user_id = auth.uid() $$;
alter table agencies enable row level security;
alter table agents enable row level security;
alter table properties enable row level security;
alter table inquiries enable row level security;
alter table favourites enable row level security;
create policy "agencies public" on agencies for select using (true);
create policy "agents update their agency" on agencies for update using (id = my_agency());
create policy "colleagues" on agents for select using (agency_id = my_agency() or user_id = auth.uid());
create policy "published" on properties for select using (published_at is not null and published_at <= now() and hidden is false);
create policy "agency reads" on properties for select to authenticated using (agency_id = (select my_agency()));
create policy "agency writes" on properties for insert to authenticated with check (agency_id = (select my_agency()) and agent_id = (select auth.uid()));
create policy "agent changes" on properties for update to authenticated using (agent_id = (select auth.uid()));
create policy "agent deletes" on properties for delete to authenticated using (agent_id = (select auth.uid()) and published_at is null);
create policy "anybody asks" on inquiries for insert to anon, authenticated with check (char_length(message) < 2000);
create policy "agency reads inquiries" on inquiries for select to authenticated using (
  exists (select 1 from properties p join agents a on a.agency_id = p.agency_id where p.id = inquiries.property_id and a.user_id = auth.uid()));
create policy "agency deletes inquiries" on inquiries for delete to authenticated using (
  property_id in (select p.id from properties p where p.agency_id in (select a.agency_id from agents a where a.user_id = auth.uid())));
create policy "favourites" on favourites for all to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
create or replace function search_properties(q text, max_price numeric default null, variadic features text[] default '{}')
returns setof properties language plpgsql stable as $$
begin
  return query select * from properties where address ilike '%' || q || '%' and (max_price is null or price <= max_price);
end $$;
create or replace procedure archive_old() language plpgsql as $$ begin update properties set hidden = true where published_at < now() - interval '1 year'; end $$;
