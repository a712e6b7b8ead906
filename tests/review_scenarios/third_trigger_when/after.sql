-- A trigger keeps the plan of a profile as it was; articles are for those with the plan "gold".
CREATE TABLE public.profiles (id uuid PRIMARY KEY, name text, plan text);
CREATE TABLE public.articles (id bigint PRIMARY KEY, body text NOT NULL);
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.articles ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.profiles, public.articles FROM anon, authenticated;
GRANT SELECT, UPDATE ON public.profiles TO authenticated;
GRANT SELECT ON public.articles TO authenticated;
CREATE POLICY own ON public.profiles FOR SELECT TO authenticated USING (id = (SELECT auth.uid()));
CREATE POLICY edit ON public.profiles FOR UPDATE TO authenticated USING (id = (SELECT auth.uid())) WITH CHECK (id = (SELECT auth.uid()));
CREATE POLICY gold ON public.articles FOR SELECT TO authenticated USING (EXISTS (SELECT FROM public.profiles p WHERE p.id = (SELECT auth.uid()) AND p.plan = 'gold'));
CREATE FUNCTION public.keep_plan() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$ BEGIN NEW.plan := OLD.plan; RETURN NEW; END $$;
CREATE TRIGGER keep_plan BEFORE UPDATE ON public.profiles FOR EACH ROW WHEN (OLD.plan IS NOT NULL) EXECUTE FUNCTION public.keep_plan();
