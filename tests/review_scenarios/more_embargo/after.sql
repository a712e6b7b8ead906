CREATE TABLE public.news (id bigint PRIMARY KEY, body text, release_at timestamptz NOT NULL);
ALTER TABLE public.news ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.news FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.news TO anon;
CREATE POLICY r ON public.news FOR SELECT TO anon USING (release_at <= now() + interval '2 days');
