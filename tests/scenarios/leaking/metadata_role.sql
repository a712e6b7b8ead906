-- role-from-user-metadata
CREATE TABLE public.profiles (id uuid PRIMARY KEY, name text, role text NOT NULL DEFAULT 'user');
CREATE TABLE public.report (id int PRIMARY KEY);
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.report ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION public.is_admin() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$ SELECT EXISTS (SELECT 1 FROM public.profiles WHERE id = (SELECT auth.uid()) AND role = 'admin') $$;
GRANT SELECT ON public.report TO authenticated;
CREATE POLICY admins ON public.report FOR SELECT TO authenticated USING ((SELECT public.is_admin()));
CREATE FUNCTION public.handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO profiles (id, name, role)
    VALUES (new.id, new.raw_user_meta_data ->> 'name', coalesce(new.raw_user_meta_data ->> 'role', 'user'));
    RETURN new;
END $$;
CREATE TRIGGER signed_up AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();
