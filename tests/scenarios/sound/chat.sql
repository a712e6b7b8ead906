-- Messages in rooms that one is in; the list of who is there is asked with the rights of its owner.
CREATE TABLE public.rooms (id uuid PRIMARY KEY, name text);
CREATE TABLE public.room_users (
    room_id uuid REFERENCES public.rooms, user_id uuid REFERENCES auth.users, PRIMARY KEY (room_id, user_id)
);
CREATE TABLE public.messages (
    id bigint PRIMARY KEY, room_id uuid NOT NULL REFERENCES public.rooms, sender_id uuid NOT NULL, body text
);
CREATE FUNCTION public.in_room(room uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    present boolean;
BEGIN
    SELECT true INTO present FROM public.room_users r WHERE r.room_id = room AND r.user_id = auth.uid();
    IF present THEN
        RETURN true;
    ELSE
        RETURN false;
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION public.in_room(uuid) FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION public.in_room(uuid) TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.rooms TO authenticated;
ALTER TABLE public.rooms ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.room_users TO authenticated;
ALTER TABLE public.room_users ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.messages TO authenticated;
ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON public.rooms FOR SELECT TO authenticated USING (public.in_room(id));
CREATE POLICY see ON public.room_users FOR SELECT TO authenticated USING (public.in_room(room_id));
CREATE POLICY read ON public.messages FOR SELECT TO authenticated USING (public.in_room(room_id));
CREATE POLICY send ON public.messages FOR INSERT TO authenticated
    WITH CHECK (public.in_room(room_id) AND sender_id = (SELECT auth.uid()));
CREATE POLICY listen ON realtime.messages FOR SELECT TO authenticated USING (EXISTS (
    SELECT 1 FROM public.room_users r WHERE r.user_id = (SELECT auth.uid()) AND r.room_id::text = realtime.topic()));
