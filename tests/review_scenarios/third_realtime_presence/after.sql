-- gatepost: as superuser
-- Only who is in a room hears it.
CREATE TABLE public.room_people (room text NOT NULL, user_id uuid NOT NULL, PRIMARY KEY (room, user_id));
ALTER TABLE public.room_people ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.room_people FROM anon, authenticated;
GRANT SELECT ON public.room_people TO authenticated;
CREATE POLICY own ON public.room_people FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY listen ON realtime.messages FOR SELECT TO authenticated USING (EXISTS (SELECT FROM public.room_people r WHERE r.user_id = (SELECT auth.uid()) AND r.room = (SELECT realtime.topic())) OR extension = 'presence');
