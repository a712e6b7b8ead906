"""What a SECURITY DEFINER function asks about its caller decides, or is in vain."""

import pytest

from gatepost.reflect import read
from gatepost.rules import Context, named_rule

TABLES = """
CREATE TABLE public.member (team_id bigint, user_id uuid, role text, PRIMARY KEY (team_id, user_id));
CREATE TABLE public.bill (id bigint PRIMARY KEY, team_id bigint, owner uuid NOT NULL, amount numeric);
ALTER TABLE public.member ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.bill ENABLE ROW LEVEL SECURITY;
"""


def function(declared, body):
    return f"""{TABLES}
        CREATE FUNCTION public.bills(team bigint, person uuid) RETURNS SETOF public.bill
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        DECLARE {declared}
        BEGIN {body} END $$"""


ROLE = "SELECT m.role INTO held FROM public.member m WHERE m.team_id = team AND m.user_id = auth.uid();"
ALL = "RETURN QUERY SELECT * FROM public.bill b WHERE b.team_id = team;"


@pytest.mark.parametrize(
    ("declared", "body"),
    [
        ("me uuid := auth.uid();", "RETURN QUERY SELECT * FROM public.bill b WHERE b.owner = me;"),
        ("held text;", f"{ROLE} IF held IS DISTINCT FROM 'admin' THEN RAISE EXCEPTION 'no'; END IF; {ALL}"),
        ("held text;", f"{ROLE} IF held IS NULL THEN RETURN; END IF; {ALL}"),
        ("held text;", f"{ROLE} IF NOT FOUND THEN RAISE EXCEPTION 'no'; END IF; {ALL}"),
        ("held public.member;", f"{ROLE.replace('m.role', '*')} IF held.role IS NULL THEN RETURN; END IF; {ALL}"),
        ("", f"IF person IS DISTINCT FROM auth.uid() THEN RAISE EXCEPTION 'no'; END IF; {ALL}"),
        (
            "",
            "RETURN QUERY SELECT * FROM public.bill b WHERE b.owner = auth.uid() AND (team IS NULL OR b.id = 1);",
        ),
    ],
)
def test_a_question_that_decides(told, declared, body):
    assert told("definer-function", function(declared, body)) == []


@pytest.mark.parametrize(
    ("declared", "body"),
    [
        ("me uuid := auth.uid();", "RETURN QUERY SELECT * FROM public.bill b WHERE b.owner = person;"),
        ("held text;", f"{ROLE} IF held <> 'admin' THEN RAISE EXCEPTION 'no'; END IF; {ALL}"),
        ("held text;", f"{ROLE} IF held IS NULL THEN RAISE NOTICE 'no'; END IF; {ALL}"),
        ("", f"IF person <> auth.uid() THEN RAISE EXCEPTION 'no'; END IF; {ALL}"),
        ("", f"IF auth.jwt() -> 'user_metadata' ->> 'role' = 'admin' THEN {ALL} END IF;"),
        ("", "RETURN QUERY SELECT * FROM public.bill b WHERE b.owner = auth.uid() OR b.team_id = team;"),
        ("", "RETURN QUERY SELECT * FROM public.bill b WHERE b.owner = coalesce(person, auth.uid());"),
    ],
)
def test_a_check_without_effect(told, declared, body):
    assert told("definer-function", function(declared, body)) == ["public.bills(bigint, uuid)"]


@pytest.mark.parametrize("word", ["team", "new_team"])
def test_a_member_by_ones_own_choice(told, word):
    made = "INSERT INTO public.team DEFAULT VALUES RETURNING id INTO new_team;" if word == "new_team" else ""
    found = told(
        "function-grants-caller-access",
        f"""{TABLES}
        CREATE TABLE public.team (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
        GRANT SELECT ON public.bill, public.member TO authenticated;
        CREATE POLICY own ON public.member FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
        CREATE POLICY read ON public.bill FOR SELECT TO authenticated USING (EXISTS (
            SELECT 1 FROM public.member m WHERE m.team_id = bill.team_id AND m.user_id = (SELECT auth.uid())));
        CREATE FUNCTION public.join_team(team bigint) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        DECLARE new_team bigint;
        BEGIN
            {made}
            INSERT INTO public.member (team_id, user_id) VALUES ({word}, auth.uid());
        END $$""",
    )
    assert found == (["public.join_team(bigint)"] if word == "team" else [])


BOOKINGS = """
CREATE TABLE public.bookings (id uuid PRIMARY KEY, guest_id uuid, state text, token uuid NOT NULL);
CREATE TABLE public.extras (id uuid PRIMARY KEY, booking_id uuid NOT NULL REFERENCES public.bookings (id));
ALTER TABLE public.bookings ENABLE ROW LEVEL SECURITY; ALTER TABLE public.extras ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.bookings, public.extras TO authenticated;
CREATE POLICY own ON public.bookings FOR SELECT TO authenticated USING (guest_id = (SELECT auth.uid()));
CREATE POLICY own ON public.extras FOR SELECT TO authenticated
    USING (booking_id IN (SELECT id FROM public.bookings WHERE guest_id = (SELECT auth.uid())));
CREATE FUNCTION public.cancel(which uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = ''
    AS $$ UPDATE public.bookings SET state = 'cancelled' WHERE {} = which $$;
"""


@pytest.mark.parametrize(("by", "severity"), [("token", "info"), ("id", "error")])
def test_who_knows_the_token_of_a_row_may_change_it(rolled_back, by, severity):
    with rolled_back.cursor() as cursor:
        cursor.execute(BOOKINGS.format(by))
        found = named_rule("definer-function").check(Context(read(cursor)))
        assert {one.severity for one in found} == {severity}
