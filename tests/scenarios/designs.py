"""The designs of this folder, and how one is read: in a database that they share, in a transaction that is undone."""

from contextlib import closing
from pathlib import Path

import psycopg2

from gatepost.local.cluster import SUPERUSER
from gatepost.rules import Context
from tests.own_roles import read_without_added_roles

HERE = Path(__file__).parent
SOUND = sorted((HERE / "sound").glob("*.sql"))
LEAKING = sorted((HERE / "leaking").glob("*.sql"))

CHANGED = sorted((HERE.parent / "review_scenarios").glob("*/after.sql"))


def texts():
    """Yield every design with its name: what is sound, leaks, was held out (both ways), and is reviewed."""
    for file in (*SOUND, *LEAKING):
        yield file.stem, file.read_text()
    for file in sorted((HERE / "held_out").glob("*.sql")):
        common, _, rest = file.read_text().partition("-- @leak")
        for name, part in zip(("leak", "sound"), rest.split("-- @sound"), strict=True):
            yield f"{file.stem} {name}", f"{common}\n--{part}"
    for file in CHANGED:
        yield f"{file.parent.name} afterwards", file.read_text()


def context_of(text: str, server, database: str) -> Context:
    """Return a database after a design was made in it. `-- gatepost: as superuser` makes it as the platform."""
    user = SUPERUSER if "-- gatepost: as superuser" in text else "postgres"
    with closing(psycopg2.connect(server.url(database, user))) as connection, connection.cursor() as cursor:
        cursor.execute(text)
        return Context(read_without_added_roles(cursor))
