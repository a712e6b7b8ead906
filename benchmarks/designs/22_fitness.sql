-- Fitness coaching: coach and client relationships
create type gender as enum ('male', 'female', 'other', 'undisclosed');
create table profiles (
  id uuid primary key references auth.users on delete cascade,
  is_coach boolean not null default false, gender gender not null default 'undisclosed',
  weight_kg numeric(5,2), height_cm smallint, birthday date, bio text
);
create table coach_clients (
  coach_id uuid not null references profiles(id) on delete cascade,
  client_id uuid not null references profiles(id) on delete cascade,
  status text not null default 'pending',
  primary key (coach_id, client_id),
  constraint coach_is_not_client check (coach_id != client_id)
);
create table workouts (
  id uuid primary key default gen_random_uuid(), user_id uuid not null references profiles(id) on delete cascade,
  name text not null, started_at timestamptz not null default now(), duration interval, notes text
);
create table sets (
  id bigint generated always as identity primary key, workout_id uuid not null references workouts(id) on delete cascade,
  exercise text not null, reps smallint not null, weight numeric(6,2), rpe numeric(3,1) check (rpe between 1 and 10)
);
create table plans (id uuid primary key default gen_random_uuid(), coach_id uuid not null references profiles(id), client_id uuid references profiles(id), content jsonb not null default '[]', template boolean default false);
alter table profiles enable row level security; alter table coach_clients enable row level security; alter table workouts enable row level security;
alter table sets enable row level security; alter table plans enable row level security;
create policy "Own profile" on profiles for all using (id = auth.uid()) with check (id = auth.uid());
create policy "Coaches are public" on profiles for select using (is_coach);
create policy "Coaches see clients" on profiles for select using (exists (select 1 from coach_clients cc where cc.client_id = profiles.id and cc.coach_id = auth.uid() and cc.status = 'active'));
create policy "Either side" on coach_clients for select using (auth.uid() in (coach_id, client_id));
create policy "Client requests" on coach_clients for insert with check (client_id = auth.uid() and status = 'pending');
create policy "Coach accepts" on coach_clients for update using (coach_id = auth.uid()) with check (coach_id = auth.uid() and status = any ('{active,ended}'::text[]));
create policy "Own workouts" on workouts for all using (user_id = auth.uid());
create policy "Coach reads workouts" on workouts for select using (user_id in (select client_id from coach_clients where coach_id = auth.uid() and status = 'active'));
create policy "Own sets" on sets for all using (workout_id in (select id from workouts where user_id = auth.uid())) with check (workout_id in (select id from workouts where user_id = auth.uid()));
create policy "Coach reads sets" on sets for select using (exists (select 1 from workouts w inner join coach_clients cc on cc.client_id = w.user_id where w.id = sets.workout_id and cc.coach_id = auth.uid() and cc.status = 'active'));
create policy "Plans of coach" on plans for all using (coach_id = auth.uid()) with check (coach_id = auth.uid() and (client_id is null or exists (select 1 from coach_clients where coach_clients.coach_id = auth.uid() and coach_clients.client_id = plans.client_id)));
create policy "Plans for me" on plans for select using (client_id = auth.uid() or template);
create function enforce_status() returns trigger language plpgsql as $f$ begin if new.status not in ('pending','active','ended') then raise exception 'bad status %', new.status; end if; return new; end $f$;
create constraint trigger status_ok after insert or update on coach_clients deferrable initially deferred for each row execute function enforce_status();
