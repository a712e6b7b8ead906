"""What is looked at again after a write: everything that may have changed, and not every table for its own sake."""

from contextlib import closing

import psycopg2
import pytest

from gatepost.observation.attempt.every_table import observe
from gatepost.observation.attempt.personas import USERS, cast
from gatepost.observation.attempt.trial.affected_tables import Influence
from gatepost.observation.attempt.trial.batch import Batch, Trial
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant.insert_rows import plant
from gatepost.observation.plant.survey import survey_database
from gatepost.observation.run import run
from gatepost.reflect import read

TABLES = """
CREATE TABLE groups (id int PRIMARY KEY, title text);
CREATE TABLE members (group_id int REFERENCES groups (id) ON DELETE CASCADE, user_id uuid REFERENCES auth.users (id),
                      PRIMARY KEY (group_id, user_id));
CREATE TABLE notes (id int PRIMARY KEY, group_id int NOT NULL REFERENCES groups (id), body text);
CREATE TABLE apart (id int PRIMARY KEY, user_id uuid REFERENCES auth.users (id), title text);
CREATE TABLE log (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text);
"""
BY_NAME = """
CREATE POLICY p ON notes USING (group_id IN (SELECT group_id FROM members WHERE user_id = (SELECT auth.uid())));
CREATE POLICY p ON apart USING (user_id = (SELECT auth.uid()));
"""
TRIGGER = """
CREATE FUNCTION {0}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {2}; RETURN new; END $$;
CREATE TRIGGER {0} {3} ON {1} FOR EACH ROW EXECUTE FUNCTION {0}();
"""
WAYS = {
    "a policy asks": (BY_NAME, "members", None, False, {"members", "notes"}),
    "a policy asks a view": (
        """CREATE VIEW mine AS SELECT m.group_id FROM members m WHERE m.user_id = (SELECT auth.uid());
           CREATE POLICY p ON notes USING (group_id IN (SELECT group_id FROM mine));""",
        "members", None, False, {"members", "notes"},
    ),
    "a key passes a removal on": (BY_NAME, "groups", None, True, {"groups", "members", "notes"}),
    "an insert is passed on by no key": (BY_NAME, "groups", None, False, {"groups"}),
    "a trigger of a trigger": (
        BY_NAME
        + TRIGGER.format("one", "apart", "INSERT INTO log (what) VALUES ('x')", "AFTER INSERT")
        + TRIGGER.format("two", "log", "DELETE FROM members", "AFTER INSERT"),
        "apart", None, False, {"apart", "log", "members", "notes"},
    ),
    "no policy reads the column": (BY_NAME, "apart", {"title"}, False, set()),
    "a trigger changes a column that is read": (
        BY_NAME + TRIGGER.format("other", "apart", "new.user_id := NULL", "BEFORE UPDATE"),
        "apart", {"title"}, False, {"apart"},
    ),
    "a trigger changes no column that is read": (
        BY_NAME + TRIGGER.format("other", "apart", "new.title := upper(new.title)", "BEFORE UPDATE"),
        "apart", {"title"}, False, set(),
    ),
    "SQL that is built": (
        BY_NAME + TRIGGER.format("built", "apart", "EXECUTE 'DELETE FROM ' || lower('MEMBERS')", "AFTER INSERT"),
        "apart", None, False, {"groups", "members", "notes", "apart", "log"},
    ),
}  # fmt: skip


@pytest.fixture
def grounded(connection, superuser_url):
    def make(statements):
        with connection, connection.cursor() as cursor:
            cursor.execute(TABLES + statements)
            for table in ("groups", "members", "notes", "apart", "log"):
                cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        opened.append(psycopg2.connect(superuser_url))
        cursor = opened[0].cursor()
        return cursor, survey_database(cursor, read(cursor), None)

    opened = []
    yield make
    for one in opened:
        one.close()


@pytest.mark.parametrize("way", WAYS)
def test_what_a_write_leads_to(way, grounded):
    statements, written, columns, removed, expected = WAYS[way]
    _, survey = grounded(statements)
    table = survey.live.table("public", written)
    touched = Influence(survey).touched(table, frozenset(columns) if columns else None, removed)
    assert {table.name for table in touched if table.schema == "public"} == expected


def test_what_is_built_is_counted(grounded):
    """A table whose trigger builds SQL does not make every other table worth a look."""
    writes = "EXECUTE 'INSERT INTO ' || lower('PUBLIC.LOG') || ' (what) VALUES (1)'"
    cursor, survey = grounded(
        BY_NAME
        + "GRANT INSERT ON apart, log TO authenticated; CREATE POLICY l ON log WITH CHECK (true);"
        + TRIGGER.format("built", "apart", writes, "AFTER INSERT")
    )
    stage, influence = TrialSession(cursor, plant(cursor, survey, USERS)), Influence(survey)
    ann = cast(stage.planted_rows.row_sets)[1]
    table = survey.live.table("public", "apart")
    assert influence.opaque_triggers(table)
    statement = f"INSERT INTO public.apart (id, user_id) VALUES (999, '{USERS['ann']}')"
    [answer] = Batch(stage).answers([Trial(ann, statement, counting="writes")])
    assert answer.tried.outcome == "done"
    assert answer.moved == {("public", "apart"), ("public", "log")}
    assert [table.name for table in influence.after(table, None, answer.moved)] == ["apart", "log"]


def test_a_change_of_the_catalog_may_change_anything(grounded):
    cursor, survey = grounded(BY_NAME)
    stage = TrialSession(cursor, plant(cursor, survey, USERS))
    service = cast(stage.planted_rows.row_sets)[-1]
    trials = [Trial(service, "CREATE TEMPORARY TABLE t (id int)", counting="writes")]
    trials.append(Trial(service, "SELECT", counting="writes"))
    assert [answer.moved for answer in Batch(stage).answers(trials)] == [None, frozenset()]


BUILT_POLICY = """
CREATE FUNCTION holds(what text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$ DECLARE held boolean; BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I WHERE user_id = $1)', lower(what)) INTO held USING auth.uid();
    RETURN held;
END $$;
CREATE POLICY p ON notes FOR SELECT TO authenticated USING (holds('MEMBERS'));
CREATE POLICY p ON apart FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY joining ON members TO authenticated USING (user_id = (SELECT auth.uid()));
DELETE FROM members;
GRANT SELECT, INSERT ON members TO authenticated; GRANT SELECT ON notes, apart TO authenticated;
"""


def test_what_a_built_policy_reads_is_counted(grounded):
    cursor, survey = grounded(BUILT_POLICY)
    stage, influence = TrialSession(cursor, plant(cursor, survey, USERS)), Influence(survey)
    observe(stage, cast(stage.planted_rows.row_sets), influence)
    notes = survey.live.table("public", "notes")
    assert influence.opaque_policies(notes)
    assert influence.read[notes.key] == {("public", "notes"), ("public", "members")}
    touched = influence.touched(survey.live.table("public", "apart"))
    assert [table.name for table in touched] == ["apart"]


BUILT_TRIGGER = """
CREATE TABLE jobs (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), what text);
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
CREATE TABLE seats (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, user_id uuid);
CREATE FUNCTION sits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$ BEGIN
    EXECUTE format('INSERT INTO public.%I (name, user_id) VALUES ($1, $2)', lower('SEATS')) USING new.what, auth.uid();
    RETURN new;
END $$;
CREATE TRIGGER sits AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION sits();
CREATE POLICY own ON jobs TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE FUNCTION sitting() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$ SELECT EXISTS (SELECT FROM public.seats WHERE name LIKE 'cnry-%c9%' AND user_id = auth.uid()) $$;
CREATE POLICY seat ON apart FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()) OR sitting());
GRANT SELECT, INSERT ON jobs TO authenticated; GRANT SELECT ON apart TO authenticated;
"""


@pytest.mark.parametrize("counts", ["on", "off"])
def test_an_escalation_through_sql_that_is_built_is_found(grounded, counts, superuser_url):
    grounded(BUILT_TRIGGER)[0].connection.rollback()
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{connection.info.dbname}" SET track_counts = {counts}')
    with closing(psycopg2.connect(superuser_url)) as connection:
        findings = run(connection).findings
    told = [(finding.rule, finding.object, finding.detail) for finding in findings]
    assert ("escalation", "public.jobs", "public.apart") in told
