"""Small designs with a leak and with its repair, each with tables of its own, so that one check looks at all."""

from typing import NamedTuple


class Pair(NamedTuple):
    """A design: what the leak is about, by which rules it is found, what stands in both, and the two variants."""

    about: str
    rules: set[str]
    given: str
    leak: str
    repair: str


PAIRS = {
    "a card of people that is read on purpose, and written by mistake": Pair(
        "public.hiker_cards",
        {"writable-definer-view"},
        """
        CREATE TABLE hikers (id uuid PRIMARY KEY REFERENCES auth.users, trail_name text, emergency_phone text);
        ALTER TABLE hikers ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON hikers FOR ALL TO authenticated USING (id = (SELECT auth.uid()));
        CREATE VIEW hiker_cards AS SELECT id, trail_name FROM hikers;
        REVOKE ALL ON hiker_cards FROM anon, authenticated;
        """,
        "GRANT SELECT, UPDATE, DELETE ON hiker_cards TO authenticated",
        "GRANT SELECT ON hiker_cards TO authenticated",
    ),
    "a sum over the rows of whomever the caller names": Pair(
        "public.spent_by(uuid)",
        {"definer-function"},
        """
        CREATE TABLE expenses (id int PRIMARY KEY, spender uuid NOT NULL REFERENCES auth.users, cents int NOT NULL);
        ALTER TABLE expenses ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON expenses FOR SELECT TO authenticated USING (spender = (SELECT auth.uid()));
        """,
        """
        CREATE FUNCTION spent_by(person uuid) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
            AS $$ SELECT sum(cents) FROM public.expenses WHERE spender = person $$
        """,
        """
        CREATE FUNCTION spent_by(person uuid) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
            AS $$ SELECT sum(cents) FROM public.expenses WHERE spender = person AND person = (SELECT auth.uid()) $$
        """,
    ),
    "a pattern that other domains than one's own match": Pair(
        "public.menus.staff",
        {"look-alike-address"},
        """
        CREATE TABLE menus (id int PRIMARY KEY, dish text);
        ALTER TABLE menus ENABLE ROW LEVEL SECURITY;
        """,
        "CREATE POLICY staff ON menus FOR SELECT TO authenticated USING (auth.email() LIKE '%kitchen.example')",
        "CREATE POLICY staff ON menus FOR SELECT TO authenticated USING (auth.email() LIKE '%@kitchen.example')",
    ),
    "a regular expression without an end, over the address in auth.users": Pair(
        "public.shifts",
        {"look-alike-address"},
        """
        CREATE TABLE shifts (id int PRIMARY KEY, day date);
        ALTER TABLE shifts ENABLE ROW LEVEL SECURITY;
        CREATE FUNCTION own_address() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
            AS $$ SELECT email FROM auth.users WHERE id = (SELECT auth.uid()) $$;
        """,
        "CREATE POLICY s ON shifts FOR SELECT TO authenticated USING (own_address() ~ '@(oven|grill)\\.example')",
        "CREATE POLICY s ON shifts FOR SELECT TO authenticated USING (own_address() ~ '@(oven|grill)\\.example$')",
    ),
    "columns that are granted beside the whole table": Pair(
        "public.crew",
        {"column-privilege-without-effect"},
        """
        CREATE TABLE crew (id uuid PRIMARY KEY REFERENCES auth.users, rank text, salary int);
        ALTER TABLE crew ENABLE ROW LEVEL SECURITY;
        CREATE POLICY aboard ON crew FOR SELECT TO authenticated
            USING ((auth.jwt() -> 'app_metadata' ->> 'ship') = 'nautilus');
        REVOKE ALL ON crew FROM anon;
        """,
        "GRANT SELECT (id, rank) ON crew TO authenticated",
        "REVOKE SELECT ON crew FROM authenticated; GRANT SELECT (id, rank) ON crew TO authenticated",
    ),
    "topics that are named after rows which strangers cannot see": Pair(
        "realtime.messages",
        {"door-leaks"},
        """
        CREATE TABLE sketches (id uuid PRIMARY KEY, drawn_by uuid NOT NULL REFERENCES auth.users);
        ALTER TABLE sketches ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON sketches FOR SELECT TO authenticated USING (drawn_by = (SELECT auth.uid()));
        CREATE POLICY hall ON realtime.messages FOR SELECT TO authenticated USING (realtime.topic() LIKE 'hall:%');
        """,
        "CREATE POLICY s ON realtime.messages FOR SELECT TO authenticated USING (realtime.topic() LIKE 'sketch:%')",
        """
        CREATE POLICY s ON realtime.messages FOR SELECT TO authenticated USING (realtime.topic() IN
            (SELECT 'sketch:' || id FROM sketches))
        """,
    ),
    "a flag in one's own row, which the application alone reads": Pair(
        "public.bakers",
        {"own-power-taken"},
        """
        CREATE TABLE bakers (id uuid PRIMARY KEY REFERENCES auth.users, motto text, is_superuser bool DEFAULT false);
        ALTER TABLE bakers ENABLE ROW LEVEL SECURITY;
        CREATE POLICY see ON bakers FOR SELECT USING (true);
        CREATE POLICY edit ON bakers FOR UPDATE TO authenticated USING (id = (SELECT auth.uid()));
        """,
        "SELECT",
        """
        CREATE FUNCTION keep_flag() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN new.is_superuser := old.is_superuser; RETURN new; END $$;
        CREATE TRIGGER keep_flag BEFORE UPDATE ON bakers FOR EACH ROW EXECUTE FUNCTION keep_flag()
        """,
    ),
    "a role in one's own row, among the values of an enum": Pair(
        "public.divers",
        {"own-power-taken"},
        """
        CREATE TYPE diver_role AS ENUM ('diver', 'guide', 'admin');
        CREATE TABLE divers (person uuid PRIMARY KEY REFERENCES auth.users, role diver_role DEFAULT 'diver', bio text);
        ALTER TABLE divers ENABLE ROW LEVEL SECURITY;
        CREATE POLICY see ON divers FOR SELECT TO authenticated USING (true);
        CREATE POLICY edit ON divers FOR UPDATE TO authenticated USING (person = (SELECT auth.uid()));
        """,
        "SELECT",
        "REVOKE UPDATE ON divers FROM authenticated; GRANT UPDATE (bio) ON divers TO authenticated",
    ),
    "a tenant that a header names, in a body that looks twice": Pair(
        "public.parcels.of_depot",
        {"request-trusted"},
        """
        CREATE TABLE depots (id uuid PRIMARY KEY, name text);
        CREATE TABLE porters (depot uuid REFERENCES depots, person uuid REFERENCES auth.users,
                              PRIMARY KEY (depot, person));
        CREATE TABLE parcels (id int PRIMARY KEY, depot uuid NOT NULL REFERENCES depots, weight int);
        ALTER TABLE depots ENABLE ROW LEVEL SECURITY; ALTER TABLE porters ENABLE ROW LEVEL SECURITY;
        ALTER TABLE parcels ENABLE ROW LEVEL SECURITY;
        CREATE POLICY me ON porters FOR SELECT TO authenticated USING (person = (SELECT auth.uid()));
        CREATE FUNCTION chosen_depot() RETURNS uuid LANGUAGE plpgsql STABLE SET search_path = '' AS $$
            DECLARE said text := coalesce(current_setting('request.headers', true)::jsonb ->> 'x-depot', '');
            BEGIN IF said = '' THEN RETURN NULL; END IF; RETURN said::uuid; END $$;
        """,
        """
        CREATE POLICY of_depot ON parcels FOR SELECT TO authenticated USING (depot = (SELECT chosen_depot()))
        """,
        """
        CREATE POLICY of_depot ON parcels FOR SELECT TO authenticated USING (depot = (SELECT chosen_depot()) AND
            depot IN (SELECT depot FROM porters WHERE person = (SELECT auth.uid())))
        """,
    ),
    "a list in the token, which its bearer wrote": Pair(
        "public.laps.coach",
        {"identity-from-caller"},
        """
        CREATE TABLE laps (id int PRIMARY KEY, swimmer uuid NOT NULL REFERENCES auth.users, seconds int);
        ALTER TABLE laps ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON laps FOR ALL TO authenticated USING (swimmer = (SELECT auth.uid()));
        """,
        """
        CREATE POLICY coach ON laps FOR SELECT TO authenticated USING (swimmer::text IN (
            SELECT jsonb_array_elements_text(coalesce(auth.jwt() -> 'user_metadata' -> 'coached', '[]'))))
        """,
        """
        CREATE POLICY coach ON laps FOR SELECT TO authenticated USING (swimmer::text IN (
            SELECT jsonb_array_elements_text(coalesce(auth.jwt() -> 'app_metadata' -> 'coached', '[]'))))
        """,
    ),
    "what is sent to a tenant from outside": Pair(
        "public.repair_requests.send",
        {"row-forged"},
        """
        CREATE TABLE workshops (id int PRIMARY KEY, name text);
        CREATE TABLE mechanics (workshop int REFERENCES workshops, person uuid REFERENCES auth.users,
                                PRIMARY KEY (workshop, person));
        CREATE TABLE repair_requests (id int PRIMARY KEY, workshop int NOT NULL REFERENCES workshops,
                                      sender uuid NOT NULL REFERENCES auth.users, wish text);
        ALTER TABLE workshops ENABLE ROW LEVEL SECURITY; ALTER TABLE mechanics ENABLE ROW LEVEL SECURITY;
        ALTER TABLE repair_requests ENABLE ROW LEVEL SECURITY;
        CREATE POLICY me ON mechanics FOR SELECT TO authenticated USING (person = (SELECT auth.uid()));
        CREATE POLICY mine ON workshops FOR SELECT TO authenticated USING (id IN
            (SELECT workshop FROM mechanics WHERE person = (SELECT auth.uid())));
        CREATE POLICY see ON repair_requests FOR SELECT TO authenticated USING (sender = (SELECT auth.uid()) OR
            workshop IN (SELECT workshop FROM mechanics WHERE person = (SELECT auth.uid())));
        """,
        "CREATE POLICY send ON repair_requests FOR INSERT TO authenticated WITH CHECK (workshop IS NOT NULL)",
        "CREATE POLICY send ON repair_requests FOR INSERT TO authenticated WITH CHECK (sender = (SELECT auth.uid()))",
    ),
    "what anybody may send, in nobody's name": Pair(
        "public.florist_contacts.write",
        {"null-session-passes"},
        """
        CREATE TABLE florist_contacts (id int PRIMARY KEY, writer uuid REFERENCES auth.users, email text, body text);
        ALTER TABLE florist_contacts ENABLE ROW LEVEL SECURITY;
        """,
        """
        CREATE POLICY write ON florist_contacts FOR INSERT TO anon, authenticated
            WITH CHECK (auth.uid() IS NULL OR writer = auth.uid())
        """,
        """
        CREATE POLICY write ON florist_contacts FOR INSERT TO anon, authenticated
            WITH CHECK (writer IS NOT DISTINCT FROM auth.uid())
        """,
    ),
    "tables that are read by functions alone": Pair(
        "public.tasting(integer)",
        {"definer-function"},
        """
        CREATE TABLE wines (id int PRIMARY KEY, label text NOT NULL);
        CREATE TABLE tastings (wine int REFERENCES wines, taster uuid REFERENCES auth.users, points int, remark text,
                               PRIMARY KEY (wine, taster));
        ALTER TABLE wines ENABLE ROW LEVEL SECURITY; ALTER TABLE tastings ENABLE ROW LEVEL SECURITY;
        """,
        """
        CREATE FUNCTION tasting(which int) RETURNS TABLE (label text, remark text) LANGUAGE sql SECURITY DEFINER
            SET search_path = '' AS $$ SELECT w.label, t.remark FROM public.wines w
            JOIN public.tastings t ON t.wine = w.id WHERE w.id = which $$
        """,
        """
        CREATE FUNCTION tasting(which int) RETURNS TABLE (label text, mean numeric) LANGUAGE sql SECURITY DEFINER
            SET search_path = '' AS $$ SELECT w.label, avg(t.points) FROM public.wines w
            LEFT JOIN public.tastings t ON t.wine = w.id WHERE w.id = which GROUP BY w.label $$
        """,
    ),
}
