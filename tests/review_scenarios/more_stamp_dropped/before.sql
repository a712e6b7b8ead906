CREATE TABLE public.logs (id bigint PRIMARY KEY, actor uuid, line text);
ALTER TABLE public.logs ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.logs FROM PUBLIC, anon, authenticated;
GRANT SELECT, INSERT ON public.logs TO authenticated;
CREATE POLICY r ON public.logs FOR SELECT TO authenticated USING (actor = (SELECT auth.uid()));
CREATE POLICY a ON public.logs FOR INSERT TO authenticated WITH CHECK (true);
CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$ BEGIN NEW.actor := auth.uid(); RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE INSERT ON public.logs FOR EACH ROW EXECUTE FUNCTION public.stamp();
