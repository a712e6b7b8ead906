from contextlib import closing

import psycopg2
import pytest

from gatepost.errors import LocalServerError
from gatepost.local import template
from gatepost.local.cluster import SUPERUSER


@pytest.fixture
def connect(cluster):
    def connect(database):
        return psycopg2.connect(cluster.url(database, SUPERUSER))

    return connect


def test_a_server_whose_postgres_is_a_superuser_is_refused(connect):
    """As on most servers that somebody else set up; such a `postgres` would hide what the platform refuses."""
    with closing(connect("postgres")) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE postgres SUPERUSER LOGIN")
    with pytest.raises(LocalServerError, match='"postgres" is a superuser') as caught:
        template.build(connect, "shaped", "new")
    assert "initdb -U" in caught.value.hint
    with closing(connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = 'anon'")
        assert cursor.fetchone() == (0,)


def test_it_builds_once_and_copies_after(connect):
    template.build(connect, "shaped", "old")
    with closing(connect("postgres")) as connection:
        connection.autocommit = True
        template.clone(connection, "shaped", 'a "copy"')
        with closing(connect('a "copy"')) as copy, copy.cursor() as cursor:
            cursor.execute("SELECT to_regclass('storage.objects') IS NOT NULL")
            assert cursor.fetchone() == (True,)
            template.drop(connection, 'a "copy"')
        template.drop(connection, 'a "copy"')


def test_a_profile_that_does_not_exist_is_reported():
    with pytest.raises(LocalServerError, match='"x" is not a profile'):
        template.known_profile("x")
