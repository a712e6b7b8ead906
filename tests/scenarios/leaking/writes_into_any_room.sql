-- insert-without-owner-check
-- The name on a message is the sender's own, and the room is any.
CREATE TABLE public.room (id bigint PRIMARY KEY, name text);
CREATE TABLE public.guest (room_id bigint REFERENCES public.room, user_id uuid, PRIMARY KEY (room_id, user_id));
CREATE TABLE public.message (id bigint PRIMARY KEY, room_id bigint REFERENCES public.room, sender_id uuid, body text);
ALTER TABLE public.room ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.guest ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.message ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.guest TO authenticated;
GRANT SELECT, INSERT ON public.message TO authenticated;
CREATE POLICY own ON public.guest FOR SELECT TO authenticated USING ((SELECT auth.uid()) = user_id);
CREATE POLICY read ON public.message FOR SELECT TO authenticated
    USING (room_id IN (SELECT g.room_id FROM public.guest g WHERE g.user_id = (SELECT auth.uid())));
CREATE POLICY send ON public.message FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = sender_id);
