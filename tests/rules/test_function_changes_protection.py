"""A function that takes protection away is what it is: an error for whoever may call it, nothing where it refuses."""

import pytest

from gatepost.reflect import read
from gatepost.rules import Context, named_rule

NOTES = """
CREATE TABLE public.note (id int PRIMARY KEY, owner uuid, body text);
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON public.note FOR SELECT TO authenticated USING (owner = (SELECT auth.uid()));
CREATE TABLE public.staff (id uuid PRIMARY KEY REFERENCES auth.users (id));
ALTER TABLE public.staff ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION public.off() RETURNS void LANGUAGE plpgsql SECURITY {security} SET search_path = ''
    AS $$ BEGIN {body} END $$;
"""
OFF = "ALTER TABLE public.note DISABLE ROW LEVEL SECURITY;"
STAFF = "EXISTS (SELECT FROM public.staff s WHERE s.id = auth.uid())"


@pytest.fixture
def found(rolled_back):
    def severities(body, security="DEFINER"):
        with rolled_back.cursor() as cursor:
            cursor.execute(NOTES.format(body=body, security=security))
            context = Context(read(cursor))
        return [one.severity for one in named_rule("function-changes-protection").check(context)]

    return severities


@pytest.mark.parametrize(
    ("body", "severity"),
    [
        (OFF, "error"),
        ("ALTER TABLE ONLY public.note NO FORCE ROW LEVEL SECURITY;", "error"),
        ("DROP POLICY IF EXISTS mine ON public.note;", "error"),
        ("CREATE POLICY all_of_them ON public.note USING (true);", "error"),
        ("GRANT ALL ON TABLE public.note TO anon;", "error"),
        ("EXECUTE 'ALTER TABLE public.note DISABLE ROW LEVEL SECURITY';", "error"),
        (f"PERFORM 1; {OFF}", "error"),
        (f"IF now() > '2030-01-01' THEN {OFF} END IF;", "warning"),
        (f"IF auth.uid() IS NULL THEN RAISE 'no'; END IF; {OFF}", "warning"),
        ("GRANT anon TO authenticated;", "warning"),
    ],
)
def test_what_takes_protection_away_is_reported(found, body, severity):
    assert found(body) == [severity]


@pytest.mark.parametrize(
    "body",
    [
        f"IF NOT {STAFF} THEN RAISE 'no'; END IF; {OFF}",
        f"IF {STAFF} THEN {OFF} END IF;",
        "ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;",
        "ALTER TABLE public.note ADD COLUMN IF NOT EXISTS more text;",
        "REVOKE ALL ON public.note FROM anon;",
        "-- DROP POLICY mine ON public.note\nPERFORM 'DROP POLICY mine ON public.note';",
    ],
)
def test_what_refuses_strangers_or_takes_nothing_away_is_not(found, body):
    assert found(body) == []


def test_the_callers_own_rights_are_enough_for_nothing(found):
    assert found(OFF, "INVOKER") == []
