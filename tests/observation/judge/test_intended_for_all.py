"""What says that a row is for everybody who is signed in, or for the one with whom it is shared, is no error."""

import pytest

from gatepost.observation.run import Scope

LIFTS = """
CREATE TABLE trip (id int PRIMARY KEY, pilot uuid NOT NULL REFERENCES auth.users, goal text NOT NULL {column});
CREATE TABLE asked (id int PRIMARY KEY, trip int NOT NULL REFERENCES trip, guest uuid NOT NULL REFERENCES auth.users,
  words text);
ALTER TABLE trip ENABLE ROW LEVEL SECURITY; ALTER TABLE asked ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON trip, asked TO authenticated;
CREATE POLICY {name} ON trip FOR SELECT TO authenticated USING (true);
CREATE POLICY fly ON trip FOR ALL TO authenticated USING (pilot = auth.uid()) WITH CHECK (pilot = auth.uid());
CREATE POLICY see ON asked FOR SELECT TO authenticated USING (guest = auth.uid()
  OR EXISTS (SELECT FROM trip t WHERE t.id = asked.trip AND t.pilot = auth.uid()));
CREATE POLICY ask ON asked FOR INSERT TO authenticated WITH CHECK (guest = auth.uid(){check});
"""
UNDER_OWN = " AND EXISTS (SELECT FROM trip t WHERE t.id = asked.trip AND t.pilot = auth.uid())"


@pytest.mark.parametrize(
    ("name", "column", "check", "severity"),
    [
        ("seen", "", "", "warning"),
        ("seen", "", UNDER_OWN, "error"),
        ("trip_directory", "", UNDER_OWN, "warning"),
        ("trip_directory", ", phone text", UNDER_OWN, "error"),
    ],
    ids=["strangers answer", "nobody answers", "directory", "a secret in it"],
)
def test_rows_for_all_who_are_signed_in(designs, name, column, check, severity):
    text = LIFTS.format(name=name, column=column, check=check)
    found = designs.observe(text, Scope(names=("ann", "bob"))).findings
    assert [one.severity for one in found if (one.rule, one.object) == ("foreign-row-read", "public.trip")] == [
        severity
    ]


FANS = """
CREATE TABLE star (id uuid PRIMARY KEY REFERENCES auth.users, name text);
CREATE TABLE fan (fan uuid NOT NULL DEFAULT auth.uid() REFERENCES star, star uuid NOT NULL REFERENCES star,
  PRIMARY KEY (fan, star));
ALTER TABLE star ENABLE ROW LEVEL SECURITY; ALTER TABLE fan ENABLE ROW LEVEL SECURITY;
GRANT SELECT, DELETE, INSERT ({granted}) ON fan TO authenticated; GRANT SELECT ON star TO authenticated;
CREATE POLICY see ON star FOR SELECT TO authenticated USING (true);
CREATE POLICY see ON fan FOR SELECT TO authenticated USING (true);
CREATE POLICY follow ON fan FOR INSERT TO authenticated WITH CHECK ({check});
"""


@pytest.mark.parametrize(
    ("granted", "check", "found"),
    [("star", "fan = auth.uid()", False), ("fan, star", "true", True)],
    ids=["default", "written"],
)
def test_whose_row_it_is_by_default(designs, granted, check, found):
    result = designs.observe(FANS.format(granted=granted, check=check), Scope(names=("ann", "bob")))
    assert any((one.rule, one.severity) == ("row-forged", "error") for one in result.findings) is found


SHARED = """
CREATE TABLE chest (id int PRIMARY KEY, keeper uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users, secret text);
CREATE TABLE opener (chest int NOT NULL REFERENCES chest, who uuid NOT NULL REFERENCES auth.users {rank},
  PRIMARY KEY (chest, who));
CREATE FUNCTION keeps(one int) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
  AS $$ SELECT EXISTS (SELECT FROM public.chest c WHERE c.id = one AND c.keeper = (SELECT auth.uid())) $$;
ALTER TABLE chest ENABLE ROW LEVEL SECURITY; ALTER TABLE opener ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON chest, opener TO authenticated;
CREATE POLICY mine ON chest FOR ALL TO authenticated USING (keeper = auth.uid());
CREATE POLICY shared ON chest FOR SELECT TO authenticated USING (EXISTS (
  SELECT FROM opener o WHERE o.chest = chest.id AND o.who = auth.uid()));
CREATE POLICY mine ON opener FOR ALL TO authenticated USING (keeps(chest));
CREATE POLICY own ON opener FOR SELECT TO authenticated USING (who = auth.uid());
"""


@pytest.mark.parametrize(("rank", "severity"), [("", "warning"), (", role text NOT NULL", "error")])
def test_a_secret_that_is_shared_with_somebody(designs, rank, severity):
    result = designs.observe(SHARED.format(rank=rank), Scope(names=("ann", "teammate", "bob")))
    assert [one.severity for one in result.findings if one.rule == "colleague-row-read"] == [severity]
