-- What a new project's guide has everybody write: a profile for each new user, and a log of changes.
CREATE TABLE public.profiles (
    id uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE,
    full_name text,
    avatar_url text
);
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.profiles TO anon, authenticated;
GRANT UPDATE ON public.profiles TO authenticated;
CREATE POLICY "Profiles are viewable by everyone" ON public.profiles FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY "Users change their own" ON public.profiles FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) = id) WITH CHECK ((SELECT auth.uid()) = id);
CREATE FUNCTION public.handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    INSERT INTO public.profiles (id, full_name, avatar_url)
    VALUES (new.id, new.raw_user_meta_data ->> 'full_name', new.raw_user_meta_data ->> 'avatar_url');
    RETURN new;
END $$;
CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users
    FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();
CREATE TABLE public.change_log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what jsonb, who uuid);
ALTER TABLE public.change_log ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION public.log_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    INSERT INTO public.change_log (what, who) VALUES (to_jsonb(new), auth.uid());
    RETURN new;
END $$;
CREATE TRIGGER logged AFTER UPDATE ON public.profiles FOR EACH ROW EXECUTE FUNCTION public.log_change();
CREATE VIEW public.names AS SELECT id, full_name FROM public.profiles;
REVOKE ALL ON public.names FROM anon, authenticated;
GRANT SELECT ON public.names TO anon, authenticated;
