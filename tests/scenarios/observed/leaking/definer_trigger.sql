-- A trigger that runs as its owner gives away what the writer asks for.
-- finds: escalation public.requests
-- finds: row-forged public.requests
CREATE TABLE rooms (id uuid PRIMARY KEY, owner_id uuid NOT NULL REFERENCES auth.users (id), topic text);
CREATE TABLE guests (room_id uuid NOT NULL, user_id uuid NOT NULL);
CREATE TABLE requests (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), room_id uuid NOT NULL REFERENCES rooms (id),
                       user_id uuid NOT NULL REFERENCES auth.users (id));
CREATE FUNCTION admit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$ BEGIN INSERT INTO public.guests VALUES (new.room_id, new.user_id); RETURN new; END $$;
CREATE TRIGGER admit AFTER INSERT ON requests FOR EACH ROW EXECUTE FUNCTION admit();
CREATE FUNCTION guest_of() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$ SELECT room_id FROM public.guests WHERE user_id = auth.uid() $$;
ALTER TABLE rooms ENABLE ROW LEVEL SECURITY;
ALTER TABLE guests ENABLE ROW LEVEL SECURITY;
ALTER TABLE requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON rooms FOR SELECT TO authenticated USING (owner_id = auth.uid() OR id IN (SELECT guest_of()));
CREATE POLICY ask ON requests FOR INSERT TO authenticated WITH CHECK (user_id = auth.uid());
GRANT SELECT ON rooms TO authenticated;
GRANT INSERT ON requests TO authenticated;
