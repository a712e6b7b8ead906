CREATE TABLE public.profiles (id uuid PRIMARY KEY, name text, phone text);
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.profiles FROM PUBLIC, anon, authenticated;
GRANT SELECT (id, name) ON public.profiles TO authenticated;
CREATE POLICY everyone ON public.profiles FOR SELECT TO authenticated USING (true);
GRANT SELECT (phone) ON public.profiles TO authenticated;
