-- A trigger makes the profile, and takes only the name from what the new user said.
CREATE TABLE profiles (
    id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE,
    username text,
    role text NOT NULL DEFAULT 'user',
    created_at timestamptz DEFAULT now()
);
CREATE FUNCTION handle_new_user() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path=''
    AS $$ BEGIN INSERT INTO public.profiles (id, username)
    VALUES (new.id, new.raw_user_meta_data ->> 'username'); RETURN new; END $$;
CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION handle_new_user();
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION is_admin() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path=''
    AS $$ SELECT EXISTS (SELECT 1 FROM public.profiles WHERE id = (SELECT auth.uid()) AND role = 'admin') $$;
CREATE POLICY own ON profiles FOR SELECT TO authenticated USING (id = (SELECT auth.uid()) OR (SELECT is_admin()));
CREATE POLICY upd ON profiles FOR UPDATE TO authenticated
    USING (id = (SELECT auth.uid())) WITH CHECK (id = (SELECT auth.uid()) AND role = 'user');
CREATE POLICY adm ON profiles FOR UPDATE TO authenticated USING ((SELECT is_admin()));
GRANT SELECT, UPDATE ON profiles TO authenticated;
CREATE TABLE reports (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reporter_id uuid NOT NULL DEFAULT auth.uid() REFERENCES profiles,
    reason text
);
ALTER TABLE reports ENABLE ROW LEVEL SECURITY;
CREATE POLICY mk ON reports FOR INSERT TO authenticated WITH CHECK (reporter_id = (SELECT auth.uid()));
CREATE POLICY adm ON reports FOR SELECT TO authenticated USING ((SELECT is_admin()));
GRANT SELECT, INSERT ON reports TO authenticated;
