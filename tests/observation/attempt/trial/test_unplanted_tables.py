"""What a constraint asks for is planted; where it cannot be, every cell that hangs on a row says so."""

import pytest

from gatepost.observation.plant.fitting.regex_examples import shape
from gatepost.report import html as page
from gatepost.report import text
from gatepost.report.access.text import LEGEND

KEPT = """
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON t TO authenticated;
CREATE POLICY own ON t TO authenticated USING (user_id = (SELECT auth.uid()));
"""
TYPES = (
    *"int4range tstzmultirange point polygon circle line box path lseg inet macaddr8 bit(8) varbit xml".split(),
    *"tsvector tsquery money interval bytea int[] text[][] oid regclass pg_lsn name json jsonpath".split(),
    *("numeric(5,2)", "char(3)", "timetz", "cidr", '"char"'),
)


@pytest.mark.parametrize(
    "columns",
    [
        "code char(3) NOT NULL CHECK (code ~ '^[A-Z]{3}$')",
        "code text NOT NULL UNIQUE CHECK (code ~ '^INV-[0-9]{4}-[a-f]+$' AND length(code) < 40)",
        "code varchar(8) NOT NULL CHECK (length(code) = 8)",
        "data jsonb NOT NULL CHECK (data ? 'kind')",
        "data jsonb NOT NULL CHECK (data ->> 'kind' IN ('a', 'b') AND data ? 'size')",
        "a uuid, b uuid, CHECK (num_nonnulls(a, b) = 1)",
        "a int REFERENCES p, b int REFERENCES p, CHECK ((a IS NULL) <> (b IS NULL))",
        "qty int NOT NULL, cents int NOT NULL, total int GENERATED ALWAYS AS (qty * cents) STORED",
        "starts date NOT NULL, ends date NOT NULL, CHECK (ends > starts AND starts > '2030-01-01')",
        "lat numeric NOT NULL CHECK (lat BETWEEN -90 AND 90)",
        "during tstzrange NOT NULL CHECK (NOT isempty(during))",
        "size pair NOT NULL",
        "zip zip NOT NULL",
        ", ".join(f"c{place} {kind} NOT NULL" for place, kind in enumerate(TYPES)),
    ],
    ids=lambda columns: columns[:40],
)
def test_what_a_constraint_requires_is_planted(designs, columns):
    before = """CREATE TYPE pair AS (a int, b int); CREATE DOMAIN zip AS text CHECK (VALUE ~ '^\\d{5}(-\\d{4})?$');
    CREATE TABLE p (id int PRIMARY KEY); ALTER TABLE p ENABLE ROW LEVEL SECURITY;"""
    result = designs.observe(f"{before} CREATE TABLE t (id int PRIMARY KEY, user_id uuid NOT NULL, {columns}); {KEPT}")
    assert ([(f.rule, f.witness) for f in result.findings], result.not_checked) == ([], ())
    cells = next(t for t in result.sections["matrix"]["tables"] if t["table"] == "public.t")["cells"]["ann"]
    assert [cells[command]["reach"] for command in ("select", "insert")] == ["own", "own"]


UNMET = (
    "CREATE TABLE t (id int PRIMARY KEY, user_id uuid NOT NULL, body text CHECK (body IS NOT NULL AND body <> body));"
)


def test_what_cannot_be_planted_is_a_question_mark(designs):
    result = designs.observe(UNMET + KEPT + "GRANT UPDATE ON t TO authenticated")
    [one] = result.not_checked
    assert (one.what, one.ours, one.covered_by, one.fails) == ("public.t", True, "", True)
    assert "violates check constraint" in one.why
    ann = result.sections["matrix"]["tables"][0]["cells"]["ann"]
    assert [cell["reach"] for cell in ann.values()] == ["unknown", "unknown", "unknown", "none"]
    assert {cell["outcome"] for cell in ann.values()} == {"not tried", "refused by privilege"}
    lines = text.render(result).splitlines()
    assert next(line for line in lines if "public.t" in line).split()[1:3] == ["····", "???·"]
    assert any("? not checked" in line for line in lines)
    assert max(len(line) for line in text.render(result).partition(LEGEND)[0].splitlines()) <= 80
    assert max(len(line) for line in LEGEND.splitlines()) <= 80
    html = page.render(result)
    assert "<i class='unknown'>?</i> not checked" in html
    assert (
        "<button tabindex=-1><i class=unknown>?</i><i class=unknown>?</i><i class=unknown>?</i><i class=none>" in html
    )


@pytest.mark.parametrize(
    ("more", "covered"),
    [
        ("", "no API role holds a privilege on it"),
        ("CREATE VIEW v AS SELECT * FROM t;", ""),
        ("CREATE FUNCTION f() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM public.t';", ""),
        ("GRANT DELETE ON t TO anon;", ""),
    ],
)
def test_the_catalog_alone_covers_what_nobody_reaches(designs, more, covered):
    result = designs.observe(UNMET + "ALTER TABLE t ENABLE ROW LEVEL SECURITY;" + more)
    one = next(one for one in result.not_checked if one.what == "public.t")
    assert (one.covered_by, one.fails) == (covered, not covered)


def test_without_a_policy_the_catalog_knows(designs):
    result = designs.observe(UNMET + "ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT SELECT ON t TO anon;")
    assert result.sections["matrix"]["tables"][0]["cells"]["anon"]["select"]["outcome"] == "refused by policy"


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("^[A-Z]{3}$", ["AAA", "AAB"]),
        ("^#[0-9a-f]{6}$", ["#000000", "#000001"]),
        ("^(?:a|b)-\\d+$", ["a-000000", "a-000001"]),
        ("^[a-z0-9-]+$", ["cnry", "cnry"]),
        ("^x?[[:upper:]][^a-z]\\.$", ["A0.", "A1."]),
        ("^(?=a)b$", None),
        ("^[a", None),
    ],
)
def test_a_shape_matches_its_pattern(pattern, texts):
    found = shape(pattern)
    assert texts == (None if found is None else [found.filled("cnry", number) for number in (0, 1)])
