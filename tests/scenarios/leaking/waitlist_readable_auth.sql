-- always-true-read
create table waitlist (id uuid default gen_random_uuid() primary key, email text unique not null check (email ~*
    '^[^@]+@[^@]+$'), created_at timestamptz default now());
alter table waitlist enable row level security;
create policy "anyone can join the waitlist" on waitlist for insert to anon, authenticated with check (true);
GRANT USAGE ON SCHEMA public TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO anon, authenticated;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO anon, authenticated;

create policy "read" on waitlist for select to authenticated using (true);
