-- always-true-read
-- A public profile with a phone number in it.
CREATE TABLE public.profile (id uuid PRIMARY KEY REFERENCES auth.users, name text, phone text);
ALTER TABLE public.profile ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.profile TO anon, authenticated;
CREATE POLICY everybody ON public.profile FOR SELECT USING (true);
