-- Job board with candidates; the policies in loops and idempotent style
create table if not exists public.companies (id uuid primary key default gen_random_uuid(), name text not null, website text, created_at timestamptz default now());
create table if not exists public.recruiters (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users on delete cascade, company_id uuid not null references public.companies on delete cascade, is_lead boolean default false, unique (user_id, company_id));
create table if not exists public.jobs (id uuid primary key default gen_random_uuid(), company_id uuid not null references public.companies on delete cascade, title text not null, salary int4range, remote boolean default false, status text default 'open' check (status in ('open','paused','closed')), created_by uuid references auth.users);
create table if not exists public.applications (
  id uuid primary key default gen_random_uuid(), job_id uuid not null references public.jobs on delete cascade, candidate_id uuid not null references auth.users on delete cascade,
  cover_letter text, resume_path text, stage text not null default 'applied', score int check (score >= 0 and score <= 100), unique (job_id, candidate_id));
create table if not exists public.application_notes (id bigint generated always as identity primary key, application_id uuid not null references public.applications on delete cascade, author uuid not null default auth.uid(), note text not null);
do $$ declare t text; begin
  foreach t in array array['companies','recruiters','jobs','applications','application_notes'] loop
    execute format('alter table public.%I enable row level security', t);
  end loop;
end $$;
drop policy if exists "Companies are public" on public.companies;
create policy "Companies are public" on public.companies for select using (true);
drop policy if exists "Recruiters update company" on public.companies;
create policy "Recruiters update company" on public.companies for update using (exists (select 1 from public.recruiters r where r.company_id = companies.id and r.user_id = auth.uid() and r.is_lead = true));
create policy "Recruiters read self" on public.recruiters for select using (user_id = auth.uid());
create policy "Open jobs" on public.jobs for select using (status = 'open' or exists (select 1 from public.recruiters where recruiters.company_id = jobs.company_id and recruiters.user_id = auth.uid()));
create policy "Recruiters insert jobs" on public.jobs for insert with check (created_by = auth.uid() and company_id in (select company_id from public.recruiters where user_id = auth.uid()));
create policy "Recruiters update jobs" on public.jobs for update using (company_id in (select r.company_id from public.recruiters r where r.user_id = auth.uid()));
create policy "Leads delete jobs" on public.jobs for delete using (exists (select 1 from public.recruiters r where r.company_id = jobs.company_id and r.user_id = auth.uid() and r.is_lead));
create policy "Candidates read own" on public.applications for select using (candidate_id = auth.uid());
create policy "Candidates apply" on public.applications for insert with check (candidate_id = auth.uid() and stage = 'applied' and score is null and exists (select 1 from public.jobs j where j.id = job_id and j.status = 'open'));
create policy "Candidates withdraw" on public.applications for delete using (candidate_id = auth.uid() and stage in ('applied', 'screening'));
create policy "Recruiters read" on public.applications for select using (job_id in (select j.id from public.jobs j join public.recruiters r on r.company_id = j.company_id where r.user_id = auth.uid()));
create policy "Recruiters move" on public.applications for update using (exists (select 1 from public.jobs j join public.recruiters r using (company_id) where j.id = applications.job_id and r.user_id = auth.uid()));
create policy "Notes by recruiters" on public.application_notes for all using (exists (
  select 1 from public.applications a, public.jobs j, public.recruiters r
  where a.id = application_notes.application_id and j.id = a.job_id and r.company_id = j.company_id and r.user_id = auth.uid()))
  with check (author = auth.uid());
create policy "Resumes of candidates" on storage.objects for all to authenticated using (bucket_id = 'resumes' and (storage.foldername(name))[1] = auth.uid()::text) with check (bucket_id = 'resumes' and (storage.foldername(name))[1] = auth.uid()::text);
create policy "Recruiters read resumes" on storage.objects for select to authenticated using (bucket_id = 'resumes' and exists (
  select 1 from public.applications a join public.jobs j on j.id = a.job_id join public.recruiters r on r.company_id = j.company_id
  where a.resume_path = objects.name and r.user_id = auth.uid()));
