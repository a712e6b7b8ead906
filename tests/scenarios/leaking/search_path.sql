-- definer-search-path
CREATE TABLE public.staff (user_id uuid PRIMARY KEY);
ALTER TABLE public.staff ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION public.is_staff() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
AS $$ SELECT EXISTS (SELECT 1 FROM staff WHERE user_id = auth.uid()) $$;
