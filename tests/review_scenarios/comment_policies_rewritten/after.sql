CREATE TABLE public.posts (
    id bigint PRIMARY KEY,
    author uuid NOT NULL,
    title text NOT NULL,
    body text,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published')),
    reviewer_note text
);
ALTER TABLE public.posts ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.posts FROM PUBLIC, anon, authenticated;
GRANT SELECT, INSERT, UPDATE ON public.posts TO authenticated;
CREATE POLICY posts_read ON public.posts FOR SELECT TO authenticated
    USING (author = (SELECT auth.uid()) OR status = 'published');
CREATE POLICY posts_add ON public.posts FOR INSERT TO authenticated WITH CHECK (author = (SELECT auth.uid()) AND status = 'draft');
CREATE POLICY posts_change ON public.posts FOR UPDATE TO authenticated
    USING (author = (SELECT auth.uid())) WITH CHECK (author = (SELECT auth.uid()));
