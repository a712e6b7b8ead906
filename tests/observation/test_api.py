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
