-- A protected table in the realtime publication, and private channels by topic.
CREATE TABLE public.room_member (room text NOT NULL, user_id uuid NOT NULL, PRIMARY KEY (user_id, room));
ALTER TABLE public.room_member ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.room_member TO authenticated;
CREATE POLICY own ON public.room_member FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
ALTER PUBLICATION supabase_realtime ADD TABLE public.room_member;
CREATE POLICY members_listen ON realtime.messages FOR SELECT TO authenticated USING (
    EXISTS (SELECT 1 FROM public.room_member m
            WHERE m.user_id = (SELECT auth.uid()) AND m.room = (SELECT realtime.topic())));
