-- Who adds a company becomes its administrator by a trigger.
create table companies (id uuid primary key default gen_random_uuid(), name text, website text, verified boolean
    default false);
create table company_admins (company_id uuid references companies, user_id uuid references auth.users, primary key
    (company_id, user_id));
create table jobs (id uuid primary key default gen_random_uuid(), company_id uuid not null references companies,
    title text, closes_at timestamptz, status text default 'open');
create table applications (id uuid primary key default gen_random_uuid(), job_id uuid not null references jobs,
    applicant_id uuid not null default auth.uid() references auth.users, cv_path text, stage text default 'new');
create index on company_admins(user_id); create index on jobs(company_id); create index on applications(job_id);
    create index on applications(applicant_id);
alter table companies enable row level security; alter table company_admins enable row level security; alter table
    jobs enable row level security; alter table applications enable row level security;
create policy r on companies for select using (true);
create policy r on jobs for select using (status = 'open' and closes_at > now());
create policy adm on jobs for all to authenticated using (company_id in (select ca.company_id from company_admins ca
    where ca.user_id = (select auth.uid()))) with check (company_id in (select ca.company_id from company_admins ca
    where ca.user_id = (select auth.uid())));
create policy own on company_admins for select to authenticated using (user_id = (select auth.uid()));
create policy mine on applications for select to authenticated using (applicant_id = (select auth.uid()));
create policy apply on applications for insert to authenticated with check (applicant_id = (select auth.uid()) and
    stage = 'new');
create policy review on applications for select to authenticated using (exists (select 1 from jobs j join
    company_admins ca on ca.company_id = j.company_id where j.id = applications.job_id and ca.user_id = (select
    auth.uid())));
create policy stage on applications for update to authenticated using (exists (select 1 from jobs j join
    company_admins ca using (company_id) where j.id = applications.job_id and ca.user_id = (select auth.uid()))) with
    check (exists (select 1 from jobs j join company_admins ca using (company_id) where j.id = applications.job_id
    and ca.user_id = (select auth.uid())));
insert into storage.buckets (id, name, public) values ('cvs','cvs',false), ('logos','logos',true);
create policy "logos public" on storage.objects for select using (bucket_id = 'logos');
create policy "cv own" on storage.objects for all to authenticated using (bucket_id = 'cvs' and owner = (select
    auth.uid())) with check (bucket_id = 'cvs' and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy "cv reviewers" on storage.objects for select to authenticated using (bucket_id = 'cvs' and exists
    (select 1 from applications a where a.cv_path = objects.name));
create policy "logo upload" on storage.objects for insert to authenticated with check (bucket_id = 'logos' and
    (storage.foldername(name))[1] in (select ca.company_id::text from company_admins ca where ca.user_id = (select
    auth.uid())));
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;

create function made_company() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into public.company_admins (company_id, user_id) values (new.id, auth.uid());
  return new;
end $$;
create trigger c after insert on companies for each row execute function made_company();
create policy mk on companies for insert to authenticated with check ((select auth.uid()) is not null and not verified);
