"""What opens rows to everybody in one database and not in its clone is witnessed, or named: never clean."""

import pytest

NOTES = """
CREATE TABLE notes (id bigint PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), level int NOT NULL,
                    body text NOT NULL);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
GRANT SELECT ON notes TO authenticated;
CREATE TABLE switches (name text PRIMARY KEY, is_on boolean NOT NULL);
INSERT INTO switches VALUES ('open', {seed});
ALTER TABLE switches ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON switches FOR SELECT TO authenticated USING (true);
GRANT SELECT ON switches TO authenticated;
CREATE VIEW switched_on AS SELECT name FROM switches WHERE is_on;
GRANT SELECT ON switched_on TO authenticated;
CREATE FUNCTION own_notes() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
    $$ SELECT count(*) FROM public.notes WHERE user_id = (SELECT auth.uid()) $$;
CREATE FUNCTION busy() RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS
    $$ BEGIN RETURN (SELECT count(*) > 500 FROM pg_catalog.pg_stat_activity); END $$;
{helpers}
CREATE POLICY more ON notes FOR SELECT TO authenticated USING ({condition});
"""
SWITCH = "EXISTS (SELECT FROM switches s WHERE s.is_on)"
BY_VIEW = "EXISTS (SELECT FROM switched_on)"
OWN = "n.user_id = (SELECT auth.uid())"
ARMS = f"n.level < 3 OR {SWITCH} OR {OWN}"  # rows of others are met by their level


def helper(language, body, returns="boolean"):
    """Return a helper of the owner's, which is how most projects write one."""
    return f"""
    CREATE FUNCTION may_read(note bigint) RETURNS {returns} LANGUAGE {language} STABLE SECURITY DEFINER
    SET search_path = public AS $$ {body} $$;"""


FOUND = f"SELECT n.id FROM notes n WHERE n.id = note AND ({OWN})"
HELPERS = {
    "sql": helper("sql", f"SELECT {ARMS} FROM notes n WHERE n.id = note"),
    "exists": helper("sql", f"SELECT EXISTS (SELECT 1 FROM notes n WHERE n.id = note AND ({ARMS}));"),
    "parsed": f"""
    CREATE FUNCTION may_read(note bigint) RETURNS boolean STABLE SECURITY DEFINER SET search_path = public
    BEGIN ATOMIC SELECT EXISTS (SELECT 1 FROM notes n WHERE n.id = note AND ({ARMS})); END;""",
    "returns": helper(
        "plpgsql",
        f"""BEGIN
        IF auth.uid() IS NULL THEN RETURN false; END IF;
        IF EXISTS (SELECT FROM notes n WHERE n.id = note AND n.level < 3) THEN
            RETURN true; -- RETURN false;
        ELSIF EXISTS ({FOUND}) THEN
            RETURN true;
        END IF;
        RETURN {SWITCH};
        END""",
    ),
    "condition": helper(
        "plpgsql", f"BEGIN IF EXISTS ({FOUND}) OR note < 5 OR {SWITCH} THEN RETURN true; END IF; RETURN false; END"
    ),
    "variable": helper(
        "plpgsql",
        f"DECLARE ok boolean; BEGIN SELECT {ARMS} INTO ok FROM notes n WHERE n.id = note; RETURN ok; END",
    ),
    "assigned": helper(
        "plpgsql", f"DECLARE ok boolean; BEGIN ok := note < 5 OR EXISTS ({FOUND}) OR {SWITCH}; RETURN ok; END"
    ),
    "case": helper(
        "sql",
        f"SELECT CASE WHEN n.level < 3 THEN true WHEN {OWN} THEN true ELSE {SWITCH} END FROM notes n WHERE n.id = note",
    ),
    "called": helper("plpgsql", f"BEGIN RETURN {SWITCH}; END").replace("may_read(note bigint)", "is_open()")
    + helper("sql", f"SELECT {OWN} OR n.level < 3 OR public.is_open() FROM notes n WHERE n.id = note"),
}
SETS = {
    "union": helper("sql", f"{FOUND} UNION SELECT n.id FROM notes n WHERE n.level < 3 OR {SWITCH}", "SETOF bigint"),
    "queries": helper(
        "plpgsql",
        f"""BEGIN
        RETURN QUERY {FOUND};
        RETURN QUERY SELECT n.id FROM notes n WHERE n.level < 3;
        RETURN QUERY SELECT n.id FROM notes n WHERE {SWITCH};
        END""",
        "SETOF bigint",
    ),
}
VIEW = f"""
CREATE VIEW readable AS SELECT n.id FROM notes n WHERE n.body IS NOT NULL OR {SWITCH} OR {OWN};
GRANT SELECT ON readable TO authenticated;"""


@pytest.fixture
def observed(designs):
    def found(condition, seed="false", helpers=""):
        result = designs.observe(NOTES.format(condition=condition, seed=seed, helpers=helpers))
        (row,) = [one for one in result.sections["matrix"]["tables"] if one["table"] == "public.notes"]
        unknown = {one.what: one.why for one in result.not_checked}
        return row["cells"]["bob"]["select"]["reach"], unknown

    return found


@pytest.mark.parametrize(
    "condition", ["id < 1000", "id = 7", "id >= 5 AND id <= 10", "level < 3", "level = 2", "user_id IS NULL OR id < 9"]
)
def test_a_row_stands_on_each_side_of_a_number(observed, condition):
    assert observed(condition) == ("some", {})


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        (SWITCH, "it depends on what public.switches holds"),
        (BY_VIEW, "it depends on what public.switched_on holds"),
        ("own_notes() > 500", "it depends on how many rows the caller has"),
        ("busy()", "it depends on the state of the server"),
        ("inet_server_port() = 6543", "it depends on the state of the server"),
        ("current_database() = 'production'", "it depends on the state of the server"),
        ("now() > '2091-01-01'::timestamptz", "it depends on the state of the server"),
        ("current_setting('app.maintenance', true) = 'on'", "it depends on the state of the server"),
        ("length(body) > 9000", "it depends on what the row holds"),
        (f"user_id = (SELECT auth.uid()) OR {SWITCH}", "it depends on what public.switches holds"),
        (f"level > 0 AND (user_id = (SELECT auth.uid()) OR {SWITCH})", "it depends on what public.switches holds"),
    ],
)
def test_what_no_trial_met_is_not_known(observed, condition, why):
    reach, unknown = observed(condition)
    assert (reach, list(unknown)) == ("own", ["public.notes.more: who passes it"])
    assert why in unknown["public.notes.more: who passes it"]


@pytest.mark.parametrize(
    "condition",
    [
        SWITCH,
        BY_VIEW,
        "own_notes() >= 0",
        "level < 100 OR level % 2 = 0",
        "(auth.jwt() ->> 'aal') = 'aal2'",
    ],
)
def test_what_a_trial_met_is_known(observed, condition):
    reach, unknown = observed(condition, "true")
    assert (reach in ("some", "all"), unknown) == (True, {})


@pytest.mark.parametrize(
    "condition",
    [
        "own_notes() > 0 AND user_id = (SELECT auth.uid())",
        "(auth.jwt() -> 'app_metadata' ->> 'plan') = 'staff'",
        "false",
        "id < 5 AND id > 9",
        "EXISTS (SELECT FROM notes n WHERE n.user_id = (SELECT auth.uid()) AND n.id = id) AND false",
    ],
)
def test_what_only_some_callers_or_nobody_can_fulfil_is_no_question(observed, condition):
    assert observed(condition)[1] == {}


@pytest.mark.parametrize("helpers", [pytest.param(text, id=name) for name, text in HELPERS.items()])
def test_a_way_in_a_function_is_looked_at_by_itself(observed, helpers):
    reach, unknown = observed("(SELECT may_read(id))", helpers=helpers)
    (why,) = unknown.values()
    assert reach == "some"  # by the level
    assert "it depends on what public.switches holds" in why
    assert "in public.may_read(bigint)" in why
    assert observed("(SELECT may_read(id))", "true", helpers) == ("all", {})


@pytest.mark.parametrize(
    ("condition", "helpers"),
    [
        pytest.param("id IN (SELECT may_read(id))", SETS["union"], id="union"),
        pytest.param("id IN (SELECT m FROM may_read(id) m)", SETS["queries"], id="queries"),
        pytest.param("EXISTS (SELECT FROM readable r WHERE r.id = notes.id)", VIEW, id="view"),
    ],
)
def test_a_way_into_a_set_of_rows_is_looked_at_by_itself(observed, condition, helpers):
    reach, unknown = observed(condition, helpers=helpers)
    (why,) = unknown.values()
    assert (reach != "own", "it depends on what public.switches holds" in why) == (True, True)
    assert observed(condition, "true", helpers) == ("all", {})
