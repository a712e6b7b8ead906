"""The access matrix as a library call."""

from contextlib import closing

import psycopg2
import pytest
import sqlalchemy

import gatepost
from gatepost.declare.declaration import Declaration
from gatepost.errors import DatabaseUnreachable, NotDisposable, SettingsError

TABLE = """
CREATE TABLE notes (id int PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id), body text);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notes TO authenticated USING (user_id = (SELECT auth.uid()));
GRANT SELECT ON notes TO authenticated;
"""
UNDECLARED = Declaration()


@pytest.fixture
def notes(lent_url):
    with closing(psycopg2.connect(lent_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(TABLE)
    return lent_url


@pytest.fixture
def clerk(superuser_url):
    """A role that a token can name; roles belong to the server and outlive a database."""
    with closing(psycopg2.connect(superuser_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE gatepost_test_teller; GRANT gatepost_test_teller TO authenticator")
            yield "gatepost_test_teller"
            cursor.execute("DROP OWNED BY gatepost_test_teller; DROP ROLE gatepost_test_teller")


def observed(database):
    return gatepost.observe(database, declaration=UNDECLARED, personas=["ann"])


def test_an_address_is_cloned_and_a_connection_is_observed_in_place(notes):
    engine = sqlalchemy.create_engine(notes.replace("postgresql://", "postgresql+psycopg2://", 1))
    with engine.connect() as connection, pytest.raises(NotDisposable, match="is not marked as disposable") as refusal:
        observed(connection)
    assert "--in-place" not in refusal.value.hint
    with engine.begin() as connection:
        connection.exec_driver_sql(f"COMMENT ON DATABASE {connection.engine.url.database} IS 'gatepost: disposable'")
    with engine.connect() as connection:
        in_place = observed(connection)
    engine.dispose()
    cloned = observed(notes)
    assert cloned.sections["matrix"] == in_place.sections["matrix"]
    assert cloned.findings == in_place.findings
    assert ":" not in cloned.target.partition("@")[0].removeprefix("postgresql://").replace(":***", "")


def test_a_persona_that_nobody_is(notes):
    with pytest.raises(SettingsError, match='"amn"'):
        gatepost.observe(notes, personas=["amn"])


def test_a_superusers_connection_is_not_given_an_option_of_the_command(superuser_url):
    with closing(psycopg2.connect(superuser_url)) as connection, pytest.raises(DatabaseUnreachable) as refusal:
        observed(connection)
    assert refusal.value.hint.startswith("give gatepost.observe() the address, which is observed on a clone, or ")


def test_in_place_says_what_only_a_clone_shows(clerk, notes):
    with closing(psycopg2.connect(notes)) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                f"COMMENT ON DATABASE {connection.info.dbname} IS 'gatepost: disposable';"
                f" GRANT SELECT ON notes TO {clerk};"
                f" CREATE POLICY local ON notes TO {clerk} USING (session_user = 'authenticator')"
            )
        in_place = {one.what: one.why for one in observed(connection).not_checked}
    assert in_place["public.notes.local"] == (
        'it asks for session_user, which is "postgres" here and "authenticator" in a request'
    )
    assert in_place[clerk] == "a token can name it; only a clone tries it"
    assert not {"public.notes.local", clerk} & {one.what for one in gatepost.observe(notes).not_checked}
