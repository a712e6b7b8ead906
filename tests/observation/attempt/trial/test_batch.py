"""Trials in one way to the server come out as they do one by one, whatever each of them meets."""

from contextlib import closing

import psycopg2
import pytest

from gatepost.observation.attempt.personas import USERS, cast
from gatepost.observation.attempt.trial.batch import Batch, Trial
from gatepost.observation.attempt.trial.probes import Probe, places
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant.insert_rows import plant
from gatepost.observation.plant.survey import survey_database
from gatepost.observation.run import run
from gatepost.reflect import read

TABLES = """
CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text CHECK (body <> ''));
CREATE TABLE parts (id int PRIMARY KEY, note_id int NOT NULL REFERENCES notes (id));
CREATE TABLE loops (id int PRIMARY KEY);
CREATE TABLE "odd % ""name" (id int PRIMARY KEY, "a%s" text);
CREATE FUNCTION watched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    ASSERT new.body <> 'assert', 'not that';
    IF new.body = 'refuse' THEN RAISE EXCEPTION 'no'; END IF;
    PERFORM set_config('role', 'service_role', true), set_config('request.jwt.claims', '{}', true);
    RETURN new;
END $$;
CREATE TRIGGER watched BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION watched();
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE loops ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes TO authenticated USING (user_id = (SELECT auth.uid()));
CREATE POLICY round ON loops TO authenticated USING (EXISTS (SELECT FROM loops l));
GRANT SELECT, INSERT, UPDATE, DELETE ON notes, loops, "odd % ""name" TO authenticated;
GRANT SELECT (id) ON parts TO authenticated;
"""
STATEMENTS = """
SELECT
UPDATE notes SET body = 'done'
UPDATE notes SET body = ''
UPDATE notes SET body = 'assert'
UPDATE notes SET body = 'refuse'
UPDATE notes SET user_id = '00000000-0000-4000-8000-000000000000'
INSERT INTO notes (id, user_id) VALUES (999, '9e500000-0000-4000-8000-000000000001')
INSERT INTO notes (id, user_id) VALUES (999, '9e500000-0000-4000-8000-000000000002')
DELETE FROM notes
DELETE FROM loops
DELETE FROM parts
UPDATE "odd % ""name" SET "a%s" = '100%s'
SELECT * FROM nowhere
SELECT a syntax error
SELECT 1 WHERE false
""".strip().splitlines()


@pytest.fixture
def tables(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute(TABLES)


@pytest.fixture
def stage(tables, superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection, connection.cursor() as cursor:
        planted_rows = plant(cursor, survey_database(cursor, read(cursor), None), USERS)
        cursor.execute("SET LOCAL search_path = public; SET LOCAL statement_timeout = '1s'")
        yield TrialSession(cursor, planted_rows)


def trials(stage):
    by_name = {table.name: table for table in stage.survey.observed}
    notes, parts = by_name["notes"], by_name["parts"]
    for persona in cast(stage.planted_rows.row_sets)[:4]:
        looks = [stage.looking(persona.role, table) for table in by_name.values()]
        probes = [places(notes), places(parts), *(look.probe for look in looks if look is not None)]
        for statement in STATEMENTS:
            for keys_aside in (False, True):
                yield Trial(persona, statement, tuple(probes), keys_aside)


def planted(stage, found):
    """A row that was written lies somewhere else each time it is."""
    places = {(str(oid), ctid) for rows in stage.planted_rows.rows.values() for oid, ctid in rows}
    return [tuple(row) for row in found.rows if len(row) == 1 or tuple(row) in places]


def test_together_and_one_by_one_are_the_same(stage):
    wanted = list(trials(stage))
    together = list(Batch(stage).answers(wanted))
    alone = list(Batch(stage, _made=False).answers(wanted))
    for first, second in zip(together, alone, strict=True):
        assert first.tried == second.tried
        assert [found.tried for found in first.found] == [found.tried for found in second.found]
        assert [planted(stage, found) for found in first.found] == [planted(stage, found) for found in second.found]
    outcomes = {answer.tried.outcome for answer in together}
    assert outcomes == {"done", "refused by policy", "refused by the application", "constraint", "error"}
    assert {found.tried.outcome for answer in together for found in answer.found} == {"done", "error"}


def test_what_takes_too_long_is_cut_off_alone(stage):
    ann = cast(stage.planted_rows.row_sets)[1]
    quick, slow = Trial(ann, "SELECT"), Trial(ann, "SELECT pg_sleep(60)")
    asked = Trial(ann, "SELECT", (Probe("SELECT ARRAY[ARRAY['a']]"), Probe("SELECT pg_sleep(60)", as_persona=True)))
    answers = list(Batch(stage).answers([quick, slow, quick, asked, quick]))
    assert [answer.tried.outcome for answer in answers] == ["done", "cut off", "done", "done", "done"]
    assert [found.tried.outcome for found in answers[3].found] == ["done", "cut off"]
    assert [list(row) for row in answers[3].found[0].rows] == [["a"]]


def test_nothing_that_was_tried_stays(stage):
    count = "SELECT (SELECT count(*) FROM notes), current_user, current_setting('request.jwt.claims', true)"
    stage.cursor.execute("SELECT set_config('request.jwt.claims', '', true)")
    stage.cursor.execute(count)
    before = stage.cursor.fetchone()
    list(Batch(stage).answers(list(trials(stage))))
    stage.cursor.execute(count)
    assert stage.cursor.fetchone() == before
    stage.cursor.connection.rollback()
    stage.cursor.execute("SELECT count(*) FROM pg_proc WHERE proname = 'gatepost_try'")
    assert stage.cursor.fetchone() == (0,)


def test_a_database_that_forbids_temporary_objects(tables, database_url, superuser_url):
    with closing(psycopg2.connect(database_url)) as connection:
        usual = run(connection)
        with closing(psycopg2.connect(superuser_url)) as admin, admin, admin.cursor() as cursor:
            cursor.execute(f'REVOKE TEMPORARY ON DATABASE "{connection.info.dbname}" FROM PUBLIC, postgres')
        with connection, connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("CREATE TEMPORARY TABLE t (id int)")
        assert run(connection) == usual


def test_more_looks_than_are_sent_at_once(stage):
    ann, look = cast(stage.planted_rows.row_sets)[1], Probe("SELECT ARRAY[ARRAY['a']]")
    wanted = [Trial(ann, "SELECT", (look,) * count) for count in (1, 9_000, 9_000, 9_000, 0)]
    assert [len(answer.found) for answer in Batch(stage).answers(wanted)] == [1, 9_000, 9_000, 9_000, 0]


class Slow(TrialSession):
    """A server that is so busy that it is cut off between two statements, unless there is only one."""

    def execute(self, statement, values=None):
        if values and len(values[0]) > 1:
            statement, values = "SAVEPOINT gatepost_batch; SELECT pg_sleep(60)", None
        super().execute(statement, values)


def test_a_batch_that_is_cut_off_is_cut_in_two(stage):
    ann = cast(stage.planted_rows.row_sets)[1]
    wanted = [Trial(ann, statement) for statement in ("SELECT", "SELECT nothing", "SELECT 1")]
    answers = list(Batch(Slow(stage.cursor, stage.planted_rows)).answers(wanted))
    assert [answer.tried.outcome for answer in answers] == ["done", "error", "done"]
