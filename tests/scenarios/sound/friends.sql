-- Who asks writes the request, and who is asked accepts it; who is blocked sees nothing.
CREATE TABLE public.friendships (
    user_id uuid, friend_id uuid, status text NOT NULL DEFAULT 'pending', PRIMARY KEY (user_id, friend_id)
);
CREATE TABLE public.blocks (blocker uuid, blocked uuid, PRIMARY KEY (blocker, blocked));
CREATE TABLE public.moments (id bigint PRIMARY KEY, author_id uuid NOT NULL, body text);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.friendships TO authenticated;
ALTER TABLE public.friendships ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.blocks TO authenticated;
ALTER TABLE public.blocks ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.moments TO authenticated;
ALTER TABLE public.moments ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON public.friendships FOR SELECT TO authenticated USING ((SELECT auth.uid()) IN (user_id, friend_id));
CREATE POLICY ask ON public.friendships FOR INSERT TO authenticated
    WITH CHECK ((SELECT auth.uid()) = user_id AND status = 'pending');
CREATE POLICY accept ON public.friendships FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) = friend_id) WITH CHECK ((SELECT auth.uid()) = friend_id);
CREATE POLICY own ON public.blocks TO authenticated USING ((SELECT auth.uid()) = blocker);
CREATE POLICY see ON public.moments FOR SELECT TO authenticated USING (
    (SELECT auth.uid()) = author_id
    OR (EXISTS (SELECT 1 FROM public.friendships f
                WHERE f.user_id = (SELECT auth.uid()) AND f.friend_id = moments.author_id AND f.status = 'accepted')
        AND NOT EXISTS (SELECT 1 FROM public.blocks b
                        WHERE b.blocked = (SELECT auth.uid()) AND b.blocker = moments.author_id)));
