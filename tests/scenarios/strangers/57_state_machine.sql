-- about: public.applications
create table jobs (id bigserial primary key, recruiter uuid not null references auth.users, title text);
create table applications (id bigserial primary key, job bigint not null references jobs, applicant uuid not null default auth.uid() references auth.users, state text not null default 'draft' check (state in ('draft','sent','hired')), cv text);
alter table jobs enable row level security; alter table applications enable row level security;
create policy "all" on jobs for select using (true);
-- @leak: sent applications are read by every recruiter
create policy "read" on applications for select to authenticated using (applicant = auth.uid() or (state <> 'draft' and exists (select 1 from jobs j where j.recruiter = auth.uid())));
-- @sound
create policy "read" on applications for select to authenticated using (applicant = auth.uid() or (state <> 'draft' and exists (select 1 from jobs j where j.id = applications.job and j.recruiter = auth.uid())));
