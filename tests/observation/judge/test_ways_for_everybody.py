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
CREATE POLICY more ON notes FOR SELECT TO authenticated USING ({condition});
"""
SWITCH = "EXISTS (SELECT FROM switches s WHERE s.is_on)"
BY_VIEW = "EXISTS (SELECT FROM switched_on)"


@pytest.fixture
def observed(designs):
    def found(condition, seed="false"):
        result = designs.observe(NOTES.format(condition=condition, seed=seed))
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
