-- The trigger stamps the author and refuses empty titles, in other words.
CREATE TABLE public.stories (id bigint PRIMARY KEY, author uuid, title text NOT NULL);
ALTER TABLE public.stories ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.stories FROM anon, authenticated;
GRANT SELECT, INSERT, UPDATE ON public.stories TO authenticated;
CREATE POLICY own ON public.stories TO authenticated USING (author = (SELECT auth.uid())) WITH CHECK (true);
CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$ BEGIN
    NEW.author := (SELECT auth.uid());
    CASE WHEN NEW.title = '' THEN RAISE EXCEPTION 'no title'; ELSE NULL; END CASE;
    RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON public.stories FOR EACH ROW EXECUTE FUNCTION public.stamp();
