"""What the solver finds is tried; what cannot be tried is no more than possible, and fails."""

import pytest

from gatepost.analysis.solver import available
from tests.versions import said

pytestmark = pytest.mark.skipif(not available(), reason="without the solver nothing is found")
BEFORE = """
CREATE TABLE public.tiles (
    id bigint PRIMARY KEY, user_id uuid NOT NULL, width int NOT NULL, height int NOT NULL, level int NOT NULL {more}
);
ALTER TABLE public.tiles ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.tiles FROM anon, authenticated;
GRANT SELECT, INSERT ON public.tiles TO authenticated;
{trigger}
CREATE POLICY own ON public.tiles FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY adds ON public.tiles FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()));
"""
SQUARE = "(SELECT auth.uid()) OR (width = height AND level > width))"
REFUSING = """
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.width = NEW.height THEN RAISE EXCEPTION 'no squares'; END IF; RETURN NEW; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON public.tiles FOR EACH ROW EXECUTE FUNCTION public.refuse();
ALTER TABLE public.tiles ENABLE ALWAYS TRIGGER refuse;
"""


CLAIMS = "(SELECT auth.uid()) OR ((auth.jwt() ->> 'plan') = (auth.jwt() ->> 'tier') AND width = height))"


def compared(versions, clause, more="", trigger="", opened=SQUARE):
    before = BEFORE.format(more=more, trigger=trigger)
    start = before.index(clause)
    after = before[:start] + before[start:].replace("(SELECT auth.uid()))", opened, 1)
    return versions.compare(before, after)


def test_a_row_that_only_the_solver_finds_is_tried(versions):
    for clause, command in (("CREATE POLICY own", "select"), ("CREATE POLICY adds", "insert")):
        found = compared(versions, clause, opened=CLAIMS)
        assert said(found) == [f"gains authenticated {command} on public.tiles"]


def test_a_row_that_a_constraint_forbids_is_no_possibility(versions):
    assert said(compared(versions, "CREATE POLICY own", more=", CHECK (abs(width - height) > 1)")) == ["equal"]


def test_a_row_that_cannot_be_stored_is_a_possibility(versions):
    found = compared(versions, "CREATE POLICY own", trigger=REFUSING)
    assert said(found) == ["may gain authenticated select on public.tiles"]
    assert "a solver found it, and it could not be tried: " in found.access[0].reason
    assert found.access[0].fails
