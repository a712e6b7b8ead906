-- Follows, likes and votes that everybody sees and each writes for themselves.
CREATE TABLE public.follows (follower_id uuid, followed_id uuid, PRIMARY KEY (follower_id, followed_id));
CREATE TABLE public.votes (user_id uuid NOT NULL DEFAULT auth.uid(), option_id bigint, PRIMARY KEY (user_id, option_id));
GRANT SELECT, INSERT, UPDATE, DELETE ON public.follows TO authenticated;
ALTER TABLE public.follows ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.votes TO authenticated;
ALTER TABLE public.votes ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.follows, public.votes TO anon;
CREATE POLICY read ON public.follows FOR SELECT USING (true);
CREATE POLICY follow ON public.follows FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = follower_id);
CREATE POLICY unfollow ON public.follows FOR DELETE TO authenticated USING ((SELECT auth.uid()) = follower_id);
CREATE POLICY read ON public.votes FOR SELECT USING (true);
CREATE POLICY vote ON public.votes FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = user_id);
CREATE POLICY again ON public.votes FOR UPDATE TO authenticated USING ((SELECT auth.uid()) = user_id);
