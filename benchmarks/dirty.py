"""What becomes of values that SQLite lets pass: pgloader, `sqlite3 -csv` with psql's `\\copy`, and `gatepost transfer`.

    python benchmarks/dirty.py                  # the table of docs/moving.md, in Markdown
    python benchmarks/dirty.py --only jsonb     # the cases with this in their value or type

Each case is one row in a SQLite file of its own and one column of an empty table of the target, as SQLAlchemy declares
the two; each tool is one process. `want` is what the value is in the target's type; where there is no such value,
only a refusal is right. The server is started and removed by this script, in the zone of Berlin, because a server is
somewhere. pgloader and sqlite3 are Debian's packages; a tool that is not installed is skipped, and the output says so.
"""

import argparse
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from gatepost.local.account import give, unprivileged
from gatepost.local.binaries import find
from gatepost.local.cluster import SUPERUSER, Cluster

DATABASE = "gatepost_dirty"
SETTINGS = (("timezone", "Europe/Berlin"), ("fsync", "off"))


@dataclass(frozen=True)
class Case:
    """A value as SQLite writes it, the type it goes to, and what it is there; None where it is nothing there."""

    value: str
    type: str
    want: str | None
    said: str = ""


CASES = (
    Case("1", "boolean", "t"),
    Case("'true'", "boolean", "t"),
    Case("2", "boolean", None),
    Case("'maybe'", "boolean", None),
    Case("'42'", "integer", "42"),
    Case("3.7", "integer", None),
    Case("'abc'", "integer", None),
    Case("''", "integer", None),
    Case("2147483648", "integer", None),
    Case("9007199254740993", "bigint", "9007199254740993"),
    Case("0.1 + 0.2", "double precision", "0.30000000000000004"),
    Case("1e400", "double precision", "Infinity"),
    Case("19.999", "numeric(10,2)", None),
    Case("''", "text", ""),
    Case("NULL", "text", "NULL"),
    Case("char(92) || 'N'", "text", "\\N", "\\N"),
    Case("char(92) || '.'", "text", "\\.", "\\."),
    Case("'a' || char(9, 13, 10) || 'b'", "text", "a\t\r\nb", "tab, CR, LF"),
    Case("'a' || char(13) || 'b'", "text", "a\rb", "a lone CR"),
    Case("'a' || char(0) || 'b'", "text", None, "a NUL character"),
    Case("CAST(x'ff41' AS TEXT)", "text", None, "invalid UTF-8"),
    Case("x'ff00'", "text", None, "a BLOB of two bytes"),
    Case("'abcd'", "varchar(3)", None),
    Case("'2025-01-09 22:38:08.041300'", "timestamp", "2025-01-09 22:38:08.0413"),
    Case("'2025-01-09 22:38:08'", "timestamptz", "2025-01-09 23:38:08+01", "a time in UTC"),
    Case("'2025-01-09 22:38:08+02:00'", "timestamptz", "2025-01-09 21:38:08+01"),
    Case("1736462288", "timestamptz", None, "seconds since 1970"),
    Case("''", "timestamptz", None),
    Case("'2025-02-30 00:00:00'", "timestamptz", None),
    Case("'2025-01-09 24:00:00'", "timestamp", "2025-01-10 00:00:00"),
    Case("'2025-01-09 23:59:60'", "timestamp", None),
    Case("'infinity'", "timestamptz", "infinity"),
    Case("'now'", "timestamptz", None),
    Case("'2025-01-09 22:38:08'", "date", None),
    Case("'24:00:00'", "time", "24:00:00"),
    Case("'1970-01-02 01:00:00.000000'", "interval", "1 day 01:00:00", "SQLAlchemy's 25 hours"),
    Case('\'{"a":1,"a":2}\'', "jsonb", None),
    Case("'[NaN]'", "jsonb", None),
    Case("'[\"' || char(92) || 'u0000\"]'", "jsonb", None, '["\\u0000"]'),
    Case("'[\"' || char(92) || 'ud800\"]'", "jsonb", None, '["\\ud800"]'),
    Case("42", "jsonb", "42"),
    Case("''", "jsonb", None),
    Case("'6f9619ff8b86d011b42d00c04fc964ff'", "uuid", "6f9619ff-8b86-d011-b42d-00c04fc964ff", "32 digits"),
    Case("x'6f9619ff8b86d011b42d00c04fc964ff'", "uuid", "6f9619ff-8b86-d011-b42d-00c04fc964ff", "16 bytes"),
    Case("x'00ff5c'", "bytea", "\\x00ff5c"),
    Case("'glad'", "mood", None, "no label of the enum"),
    Case("'[1, null, 3]'", "integer[]", "{1,NULL,3}"),
    Case("7", "integer REFERENCES t", None, "a parent that is not there"),
)

DECLARED = {
    "boolean": "BOOLEAN", "integer": "INTEGER", "bigint": "BIGINT", "double precision": "FLOAT", "text": "TEXT",
    "numeric(10,2)": "NUMERIC(10, 2)", "varchar(3)": "VARCHAR(3)", "timestamp": "DATETIME",
    "timestamptz": "DATETIME", "date": "DATE", "time": "TIME", "interval": "DATETIME", "jsonb": "JSON",
    "uuid": "CHAR(32)", "bytea": "BLOB", "mood": "VARCHAR(4)", "integer[]": "JSON", "integer REFERENCES t": "INTEGER",
}  # fmt: skip
"""What SQLAlchemy declares in SQLite for the types of the target."""

PGLOADER = """
LOAD DATABASE FROM sqlite://{source} INTO {target}
WITH data only, include no drop, create no tables, create no indexes, no foreign keys, reset sequences;
"""


@dataclass(frozen=True)
class Place:
    """Where a tool works."""

    cluster: Cluster
    directory: Path

    @property
    def url(self):
        return self.cluster.url(DATABASE, SUPERUSER)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="the cases with this in their value or type")
    only = parser.parse_args().only
    directory = Path(tempfile.mkdtemp(prefix="gp-dirty-"))
    give(directory, unprivileged())
    cluster = Cluster(directory, find(), unprivileged(), SETTINGS)
    try:
        cluster.initialise()
        cluster.launch()
        place = Place(cluster, directory)
        with closing(psycopg2.connect(cluster.url("postgres", SUPERUSER))) as connection:
            connection.autocommit = True
            connection.cursor().execute(f"CREATE DATABASE {DATABASE}")
        tools = [tool for tool in TOOLS if shutil.which(tool.needs)]
        for tool in TOOLS:
            if tool not in tools:
                print(f"{tool.name} is left out: {tool.needs} is not installed", file=sys.stderr)
        print_table([case for case in CASES if only in f"{case.value} {case.type}"], tools, place)
    finally:
        cluster.stop()
        shutil.rmtree(directory)


def print_table(cases, tools, place):
    print(f"| value | type | {' | '.join(tool.name for tool in tools)} |")
    print(f"| --- | --- |{' --- |' * len(tools)}")
    outcomes = {tool.name: [] for tool in tools}
    for case in cases:
        cells = []
        for tool in tools:
            verdict, detail = one(case, tool, place)
            outcomes[tool.name].append(verdict)
            cells.append(f"{verdict}{detail}")
        shown = f"{case.said}" if case.said and case.said[0] not in "\\[" else f"`{case.said or case.value}`"
        print(f"| {shown} | `{case.type}` | {' | '.join(cells)} |", flush=True)
    print()
    print(f"| of {len(cases)} values | {' | '.join(tool.name for tool in tools)} |")
    print(f"| --- |{' --: |' * len(tools)}")
    for verdict, what in WORDS.items():
        counts = (str(outcomes[tool.name].count(verdict)) for tool in tools)
        print(f"| {what} | {' | '.join(counts)} |")


WORDS = {
    "exact": "arrived exact",
    "refused": "refused, correctly",
    "refused all the same": "refused, although the type has the value",
    "**changed**": "changed, with exit code 0",
    "**lost**": "row left out, with exit code 0",
}


def one(case, tool, place):
    """Put one value through one tool; return the verdict and what is to be said with it."""
    source = place.directory / "dirty.db"
    source.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as old, old:
        old.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, x {DECLARED[case.type]})")
        old.execute(f"INSERT INTO t VALUES (1, {case.value})")
    with closing(psycopg2.connect(place.url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS t; DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('sad')")
            cursor.execute(f"CREATE TABLE t (id int PRIMARY KEY, x {case.type})")
            code, said = tool.run(place, source)
            cursor.execute("SELECT CASE WHEN x IS NULL THEN 'NULL' ELSE concat(x) END FROM t")
            found = cursor.fetchone()
    if found and found[0] == case.want:
        return "exact", ""
    if found:
        return ("**changed**" if code == 0 else "changed, and reported"), f" to {code_span(found[0])}"
    if code == 0:
        return "**lost**", ""
    return ("refused" if case.want is None else "refused all the same"), f": {said}" if said else ""


def code_span(text):
    """Return a text as Markdown shows it in a table, its invisible characters written out."""
    shown = repr(text)[1:-1].replace("\\\\", "\\").replace("|", "\\|")
    return f"`{shown}`" if shown else "an empty string"


@dataclass(frozen=True)
class Contestant:
    """A tool: its name, the program it needs, and how it is called."""

    name: str
    needs: str
    run: object


def timed(*command):
    done = subprocess.run(command, capture_output=True, cwd="/", timeout=120, check=False)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def by_pgloader(place, source):
    script = place.directory / "dirty.load"
    target = f"postgresql://{SUPERUSER}@unix:{place.cluster.directory}:5432/{DATABASE}"
    script.write_text(PGLOADER.format(source=source, target=target))
    return timed("pgloader", str(script))[0], ""


def by_csv(place, source):
    text = place.directory / "dirty.csv"
    with text.open("wb") as file:
        subprocess.run(["sqlite3", "-csv", str(source), "SELECT * FROM t"], stdout=file, check=True)
    return timed("psql", "-q", "-X", "-c", f"\\copy t FROM '{text}' WITH (FORMAT csv)", place.url)[0], ""


def by_us(place, source):
    command = (sys.executable, "-m", "gatepost.cli", "transfer", str(source), place.url, "--json")
    code, said = timed(*command)
    findings = json.JSONDecoder().raw_decode(said)[0]["findings"]
    return code, findings[0]["message"].partition(": ")[2].replace("|", "\\|") if findings else ""


TOOLS = (
    Contestant("pgloader", "pgloader", by_pgloader),
    Contestant("sqlite3 -csv, \\copy", "sqlite3", by_csv),
    Contestant("gatepost transfer", sys.executable, by_us),
)

if __name__ == "__main__":
    main()
