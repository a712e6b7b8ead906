"""The next number of every column that counts."""

import psycopg2
import pytest

from gatepost import transfer
from gatepost.errors import TransferError


@pytest.fixture
def numbered(sqlite_file, connection):
    """`numbered()`: move two rows, of ids 1 and 2; with the word, a third was there and is gone."""

    def move(how="PRIMARY KEY"):
        path = sqlite_file(
            f"CREATE TABLE t (id INTEGER {how}, code TEXT)",
            "INSERT INTO t VALUES (1, 'n1'), (2, 'n2'), (7, 'n7')",
            "DELETE FROM t WHERE id = 7",
        )
        transfer.run(transfer.plan(path, connection), connection)
        assert transfer.check(path, connection).mismatches == ()

    return move


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE SEQUENCE s", "CREATE TABLE t (id int PRIMARY KEY DEFAULT nextval('s'), code text)"],
        ["CREATE SEQUENCE s", "CREATE TABLE t (id int PRIMARY KEY DEFAULT nextval('s'::text), code text)"],
        ["CREATE SCHEMA x", 'CREATE SEQUENCE x."My S"', "CREATE TABLE t (id bigint PRIMARY KEY, code text)",
         "ALTER TABLE t ALTER id SET DEFAULT nextval('x.\"My S\"')"],
        ["CREATE TABLE t (id serial PRIMARY KEY, code text)", "CREATE SEQUENCE other",
         "ALTER TABLE t ALTER id SET DEFAULT nextval('other')"],
        ["CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text)"],
        ["CREATE SEQUENCE s", "CREATE TABLE t (id serial PRIMARY KEY, code text DEFAULT 'n' || nextval('s'))"],
    ],
)  # fmt: skip
def test_every_sequence_that_a_default_takes_goes_on(numbered, target, rows, statements):
    target(*statements)
    numbered()
    assert rows("INSERT INTO t (code) VALUES ('next') RETURNING id") == [(3,)]


def test_a_number_that_sqlite_gave_once_does_not_come_again(numbered, target, rows):
    target("CREATE TABLE t (id serial PRIMARY KEY, code text)")
    numbered("PRIMARY KEY AUTOINCREMENT")
    assert rows("INSERT INTO t (code) VALUES ('next') RETURNING id") == [(8,)]


def test_a_sequence_of_somebody_else_is_named(numbered, target, superuser_url, rows):

    with psycopg2.connect(superuser_url) as other, other.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE public.theirs; GRANT ALL ON SEQUENCE public.theirs TO postgres")
    other.close()
    target("CREATE TABLE t (id int PRIMARY KEY DEFAULT nextval('theirs'), code text)")
    with pytest.raises(TransferError, match=r'takes "public.theirs", which the connected role does not own') as caught:
        numbered()
    assert caught.value.hint == 'ALTER SEQUENCE public.theirs OWNER TO "postgres";'
    assert rows("SELECT count(*) FROM t") == [(0,)]
