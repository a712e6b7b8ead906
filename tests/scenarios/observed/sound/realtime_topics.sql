-- A room's channel for its members, and a channel of each user's own to send to.
-- gatepost: as superuser
CREATE TABLE public.rooms (id uuid PRIMARY KEY, name text);
CREATE TABLE public.room_member (
    room_id uuid NOT NULL REFERENCES rooms,
    user_id uuid NOT NULL REFERENCES auth.users,
    PRIMARY KEY (user_id, room_id)
);
ALTER TABLE rooms ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.room_member ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.room_member TO authenticated;
CREATE POLICY own ON public.room_member FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY listen ON realtime.messages FOR SELECT TO authenticated
    USING (EXISTS (SELECT 1
    FROM public.room_member m WHERE m.user_id = (SELECT auth.uid()) AND 'room:' || m.room_id::text = (SELECT realtime.topic())));
CREATE POLICY send ON realtime.messages FOR INSERT TO authenticated
    WITH CHECK (realtime.topic() = 'user:' || (SELECT auth.uid())::text);
