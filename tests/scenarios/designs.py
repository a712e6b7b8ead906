"""The designs of this folder, and how one is read: in a database that they share, in a transaction that is undone."""

from contextlib import closing
from pathlib import Path

import psycopg2

from gatepost.local.cluster import SUPERUSER
from gatepost.reflect import read
from gatepost.rules import Context

HERE = Path(__file__).parent
SOUND = sorted((HERE / "sound").glob("*.sql"))
LEAKING = sorted((HERE / "leaking").glob("*.sql"))


def context_of(text: str, server, database: str) -> Context:
    """Return a database after a design was made in it. `-- gatepost: as superuser` makes it as the platform."""
    user = SUPERUSER if "-- gatepost: as superuser" in text else "postgres"
    with closing(psycopg2.connect(server.url(database, user))) as connection, connection.cursor() as cursor:
        cursor.execute(text)
        return Context(read(cursor))
