"""Drop a database when the process that created it ends, however it ends, and stop a server that ran only for it.

It runs as a separate program, by its path, so that it starts without the library. Its standard input holds one line
of JSON; the operating system closes the input when the maker ends, also when it is killed, and that is the sign.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing, suppress
from pathlib import Path

import psycopg2
from psycopg2 import sql


def main() -> None:
    """Wait for the end of the creating process, then drop the database that it named."""
    instructions = json.loads(sys.stdin.readline())
    sys.stdin.read()
    with suppress(psycopg2.OperationalError), closing(psycopg2.connect(**instructions["connect"])) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            name = sql.Identifier(instructions["database"])
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    if instructions["visited"]:
        sys.path.insert(0, str(Path(__file__).parents[3]))  # the library that started this program
        from gatepost.local import server  # only now, as it takes a while

        server(instructions["visited"]).leave(instructions["database"])


if __name__ == "__main__":
    main()
