-- Functions that run as their owner and never look at their caller: rows in anybody's name, and rows that are put away.
-- finds: door-writes public.note_mileage(uuid, integer)
-- finds: door-writes public.reassign(text, uuid)
-- finds: door-writes public.scrap(uuid)
CREATE TABLE vans (id uuid PRIMARY KEY, driver_id uuid NOT NULL REFERENCES auth.users, plate text NOT NULL,
                   archived_at timestamptz);
CREATE TABLE trips (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, driver_id uuid NOT NULL REFERENCES auth.users,
                    miles int NOT NULL);
CREATE INDEX ON vans (driver_id); CREATE INDEX ON trips (driver_id);
ALTER TABLE vans ENABLE ROW LEVEL SECURITY; ALTER TABLE trips ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON vans, trips TO authenticated;
CREATE POLICY own ON vans FOR SELECT TO authenticated USING (driver_id = (SELECT auth.uid()) AND archived_at IS NULL);
CREATE POLICY own ON trips FOR SELECT TO authenticated USING (driver_id = (SELECT auth.uid()));
CREATE FUNCTION note_mileage(p_driver_id uuid, p_miles int) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = ''
    AS $$ INSERT INTO public.trips (driver_id, miles) VALUES (p_driver_id, p_miles) $$;
CREATE FUNCTION scrap(p_van_id uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = ''
    AS $$ UPDATE public.vans SET archived_at = now() WHERE id = p_van_id AND archived_at IS NULL $$;
CREATE FUNCTION reassign(p_driver_email text, p_van_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = '' AS $$
DECLARE found uuid;
BEGIN
    SELECT id INTO found FROM auth.users WHERE email = p_driver_email;
    IF found IS NULL THEN RAISE EXCEPTION 'nobody has this address'; END IF;
    UPDATE public.vans SET driver_id = found WHERE id = p_van_id;
END $$;
REVOKE EXECUTE ON FUNCTION note_mileage, scrap, reassign FROM PUBLIC, anon;
GRANT EXECUTE ON FUNCTION note_mileage, scrap, reassign TO authenticated;
