-- A trigger holds the role in a profile that its owner edits.
CREATE TABLE public.profiles (id uuid PRIMARY KEY REFERENCES auth.users, name text, role text NOT NULL DEFAULT 'user');
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON public.profiles TO authenticated;
CREATE FUNCTION public.keep_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.role IS DISTINCT FROM old.role AND current_user IN ('anon', 'authenticated') THEN
        RAISE EXCEPTION 'the role is not yours to change';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER keep_role BEFORE UPDATE ON public.profiles FOR EACH ROW EXECUTE FUNCTION public.keep_role();
CREATE POLICY mine ON public.profiles FOR SELECT TO authenticated USING ((SELECT auth.uid()) = id);
CREATE POLICY edit ON public.profiles FOR UPDATE TO authenticated USING ((SELECT auth.uid()) = id);
CREATE TABLE public.audit (id bigint PRIMARY KEY, body text);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.audit TO authenticated;
ALTER TABLE public.audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY admins ON public.audit FOR SELECT TO authenticated USING (
    (SELECT p.role FROM public.profiles p WHERE p.id = (SELECT auth.uid())) = 'admin');
