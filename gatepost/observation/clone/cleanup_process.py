"""Drops a database when the process that made it ends, however it ends, and stops a server that ran for it alone.

It runs as a program of its own, by its path, so that it starts without the library. Its standard input holds one line
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
    """Wait for the end of the maker, then drop the database that it names."""
    told = json.loads(sys.stdin.readline())
    sys.stdin.read()
    with suppress(psycopg2.OperationalError), closing(psycopg2.connect(**told["connect"])) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(told["database"])))
    if told["visited"]:
        sys.path.insert(0, str(Path(__file__).parents[3]))  # the library that started us, wherever it lies
        from gatepost.local import server  # only now, as it takes a while

        server(told["visited"]).leave(told["database"])


if __name__ == "__main__":
    main()
