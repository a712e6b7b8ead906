CREATE TABLE public.articles (id bigint PRIMARY KEY, title text, published boolean NOT NULL, archived boolean NOT NULL DEFAULT false);
ALTER TABLE public.articles ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.articles FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.articles TO authenticated;
CREATE VIEW public.front AS SELECT id, title FROM public.articles WHERE published AND NOT archived;
REVOKE ALL ON public.front FROM anon, authenticated;
GRANT SELECT ON public.front TO anon;
