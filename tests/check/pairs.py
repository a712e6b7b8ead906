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
