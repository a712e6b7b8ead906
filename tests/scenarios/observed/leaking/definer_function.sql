-- A function gives anybody whichever row is asked for.
-- finds: door-leaks public.profile_of(uuid)
-- finds: door-writes public.rename(uuid, text)
CREATE TABLE profiles (id uuid PRIMARY KEY REFERENCES auth.users (id), email text, name text);
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON profiles TO authenticated USING (id = (SELECT auth.uid()));
CREATE FUNCTION profile_of(user_id uuid) RETURNS SETOF profiles LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = '' AS $$ SELECT * FROM public.profiles p WHERE p.id = $1 $$;
CREATE FUNCTION rename(user_id uuid, called text) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = '' AS $$ UPDATE public.profiles p SET name = called WHERE p.id = $1 $$;
GRANT SELECT ON profiles TO authenticated;
