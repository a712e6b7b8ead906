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
CREATE POLICY own ON public.posts TO authenticated USING (author = (SELECT auth.uid()));
GRANT SELECT ON public.posts TO anon;
CREATE POLICY published ON public.posts FOR SELECT TO anon, authenticated USING (status = 'published');
