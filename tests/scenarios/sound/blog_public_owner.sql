-- Posts that everybody reads, written by their authors, with one policy for everything and one for reading.
CREATE TABLE public.posts (id bigint PRIMARY KEY, author_id uuid NOT NULL REFERENCES auth.users, title text, body text);
CREATE TABLE public.comments (
    id bigint PRIMARY KEY, post_id bigint REFERENCES public.posts, user_id uuid NOT NULL DEFAULT auth.uid(), body text
);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.posts TO authenticated;
ALTER TABLE public.posts ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.comments TO authenticated;
ALTER TABLE public.comments ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.posts, public.comments TO anon;
CREATE POLICY read ON public.posts FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY manage ON public.posts TO authenticated USING ((SELECT auth.uid()) = author_id);
CREATE POLICY read ON public.comments FOR SELECT USING (true);
CREATE POLICY write ON public.comments FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = user_id);
CREATE POLICY remove ON public.comments FOR DELETE TO authenticated USING (auth.uid() = user_id
    OR EXISTS (SELECT 1 FROM public.posts p WHERE p.id = comments.post_id AND p.author_id = auth.uid()));
