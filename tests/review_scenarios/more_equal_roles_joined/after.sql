CREATE TABLE public.notices (id bigint PRIMARY KEY, body text, live boolean NOT NULL);
ALTER TABLE public.notices ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.notices FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.notices TO anon, authenticated;
CREATE POLICY shown ON public.notices FOR SELECT TO anon, authenticated USING (live);
