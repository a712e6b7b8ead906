-- always-true-read
-- Rows have a flag that says who sees them, and no policy asks it.
CREATE TABLE public.story (id bigint PRIMARY KEY, author_id uuid, is_public boolean NOT NULL DEFAULT false, body text);
ALTER TABLE public.story ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.story TO anon, authenticated;
CREATE POLICY read ON public.story FOR SELECT TO anon, authenticated USING (1 = 1);
