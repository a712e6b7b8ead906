-- Drafts are their author's, in one policy and in two.
CREATE TABLE public.articles (id bigint PRIMARY KEY, author_id uuid NOT NULL, published boolean NOT NULL DEFAULT false);
CREATE TABLE public.documents (id bigint PRIMARY KEY, user_id uuid NOT NULL, is_public boolean NOT NULL DEFAULT false);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.articles TO authenticated;
ALTER TABLE public.articles ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.documents TO authenticated;
ALTER TABLE public.documents ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.articles, public.documents TO anon;
CREATE POLICY read ON public.articles FOR SELECT TO anon, authenticated
    USING (published OR (SELECT auth.uid()) = author_id);
CREATE POLICY write ON public.articles FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = author_id);
CREATE POLICY change ON public.articles FOR UPDATE TO authenticated USING ((SELECT auth.uid()) = author_id);
CREATE POLICY shown ON public.documents FOR SELECT USING (is_public = true);
CREATE POLICY own ON public.documents FOR ALL TO authenticated
    USING ((SELECT auth.uid()) = user_id) WITH CHECK ((SELECT auth.uid()) = user_id);
