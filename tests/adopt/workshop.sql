-- A project as strangers write them: two schemas, enums, helpers, storage, and most kinds of column, index and policy.
CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
CREATE TYPE public.app_role AS ENUM ('admin', 'member', 'guest');
CREATE TYPE private.unused AS ENUM ('never', 'stored');
CREATE DOMAIN public.short_text AS text CHECK (length(VALUE) < 40);

COMMENT ON DOMAIN public.short_text IS 'short: below 40';
COMMENT ON CONSTRAINT short_text_check ON DOMAIN public.short_text IS 'how short';

CREATE TABLE public.profiles (
    id uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE,
    username text UNIQUE,
    "class" text,
    metadata jsonb NOT NULL DEFAULT '{"theme": "dark", "ratio": "10%"}'::jsonb,
    bio public.short_text,
    updated_at timestamptz DEFAULT now()
);
COMMENT ON TABLE public.profiles IS 'One row a person: it''s public';
COMMENT ON COLUMN public.profiles.username IS 'shown to others';

CREATE TABLE public.teams (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name varchar(80) NOT NULL,
    slug text GENERATED ALWAYS AS (lower((name)::text)) STORED,
    parent_id bigint REFERENCES public.teams (id),
    tags text[] NOT NULL DEFAULT '{}',
    created_by uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users (id)
);
CREATE UNIQUE INDEX teams_id_again ON public.teams (id);
CREATE INDEX teams_lower_name ON public.teams (lower((name)::text));

CREATE TABLE public.team_members (
    team_id bigint NOT NULL REFERENCES public.teams (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
    role public.app_role NOT NULL DEFAULT 'member',
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_members_by_user ON public.team_members (user_id, team_id DESC);

CREATE TABLE public."Task Items" (
    id serial PRIMARY KEY,
    team_id bigint NOT NULL REFERENCES public.teams (id),
    owner_id uuid NOT NULL,
    status varchar(20) NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done')),
    is_public boolean NOT NULL DEFAULT false,
    "dueOn" date,
    price numeric(10, 2) CHECK (price >= 0),
    CONSTRAINT one_a_day UNIQUE (owner_id, "dueOn") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX open_tasks ON public."Task Items" (owner_id, "dueOn" DESC NULLS LAST) WHERE status = 'open';

CREATE TABLE private.audit (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    what text NOT NULL
);
CREATE TABLE public.messages (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text NOT NULL, body text NOT NULL);
CREATE TABLE public.settings (key text PRIMARY KEY, value text);

CREATE FUNCTION public.has_role(wanted public.app_role) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (SELECT 1 FROM public.team_members m WHERE m.user_id = auth.uid() AND m.role = wanted)
$$;
CREATE FUNCTION private.is_member(team bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM public.team_members m WHERE m.team_id = team AND m.user_id = auth.uid());
END
$$;
CREATE FUNCTION public.handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    INSERT INTO public.profiles (id) VALUES (new.id);
    RETURN new;
END
$$;
REVOKE EXECUTE ON FUNCTION public.handle_new_user() FROM PUBLIC, anon, authenticated;
CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();
CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.updated_at := now(); RETURN new; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON public.profiles FOR EACH ROW EXECUTE FUNCTION public.touch();
CREATE VIEW public.open_items WITH (security_invoker = true) AS
    SELECT id, team_id FROM public."Task Items" WHERE status = 'open';

COMMENT ON VIEW public.open_items IS 'what is left to do';
COMMENT ON COLUMN public.open_items.id IS 'of the item';
COMMENT ON FUNCTION private.is_member(bigint) IS 'whether the caller is in a team';
COMMENT ON TRIGGER touched ON public.profiles IS 'keeps updated_at';

ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.teams ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.team_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE public."Task Items" ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE private.audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE private.audit FORCE ROW LEVEL SECURITY;
REVOKE ALL ON public.settings FROM anon;
REVOKE UPDATE ON public.profiles FROM authenticated;
GRANT UPDATE (username, bio) ON public.profiles TO authenticated;

CREATE POLICY "Public profiles are viewable by everyone." ON public.profiles FOR SELECT USING (true);
CREATE POLICY "Users can insert their own profile." ON public.profiles FOR INSERT WITH CHECK ((select auth.uid()) = id);
CREATE POLICY "Users can update own profile." ON public.profiles FOR UPDATE USING (auth.uid() = id);
CREATE POLICY members_read ON public.teams FOR SELECT TO authenticated USING (private.is_member(id));
CREATE POLICY creators_all ON public.teams USING (created_by = auth.uid()) WITH CHECK (created_by = auth.uid());
CREATE POLICY own_membership ON public.team_members FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY admins ON public.team_members TO authenticated USING (public.has_role('admin')) WITH CHECK (public.has_role('admin'));
COMMENT ON POLICY admins ON public.team_members IS 'Admins manage everybody';
CREATE POLICY "Owners: everything" ON public."Task Items" TO authenticated USING (auth.uid() = owner_id);
CREATE POLICY "Team or public" ON public."Task Items" FOR SELECT TO anon, authenticated
    USING (is_public = true OR team_id IN (SELECT team_id FROM public.team_members WHERE user_id = auth.uid()));
CREATE POLICY "Editors change open ones" ON public."Task Items" FOR UPDATE TO authenticated
    USING (status = 'open' AND EXISTS (
        SELECT 1 FROM public.team_members m JOIN public.teams t ON t.id = m.team_id
        WHERE t.id = "Task Items".team_id AND m.user_id = auth.uid() AND m.role IN ('admin', 'member')))
    WITH CHECK (status IN ('open', 'done'));
CREATE POLICY second_factor ON public."Task Items" AS RESTRICTIVE FOR DELETE TO authenticated
    USING ((auth.jwt() ->> 'aal') = 'aal2');
CREATE POLICY anybody_writes ON public.messages FOR INSERT TO anon WITH CHECK (true);
CREATE POLICY long_enough ON public.messages AS RESTRICTIVE FOR INSERT TO anon WITH CHECK (char_length(body) > 3 AND email ~* '^[^@:]+@[^@]+$');
CREATE POLICY staff_reads ON public.messages FOR SELECT TO authenticated
    USING (((auth.jwt() -> 'app_metadata') ->> 'role') = 'staff');
CREATE POLICY "Avatar images are public" ON storage.objects FOR SELECT USING (bucket_id = 'avatars');
CREATE POLICY "Own folder" ON storage.objects FOR INSERT TO authenticated
    WITH CHECK (bucket_id = 'avatars' AND (storage.foldername(name))[1] = (SELECT auth.uid())::text);
