"""`gatepost transfer` against the floor, pgloader and a plain SQLAlchemy insert, on the same rows.

    python benchmarks/transfer.py                    # 1.5 million rows, 1 million of them stream chunks
    python benchmarks/transfer.py --scale 33         # a tenth of it
    python benchmarks/transfer.py --only floor,ours
    python benchmarks/transfer.py --dirty            # what becomes of values that SQLite lets pass

The floor is what nobody who sends rows through one connection can beat: text that was prepared before, sent by psql's
`\\copy` into bare tables, indexes and keys made afterwards. Every contestant gets a fresh database of the same server
(its settings are below) and the schema of `models/`; what is timed is the process from its start to its end. Peak
memory is the resident memory of the process and its children. pgloader runs where it is installed (a Debian package).
"""

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psycopg2
from sqlalchemy import create_engine, insert, select

import models
from gatepost.local.account import give, unprivileged
from gatepost.local.binaries import find
from gatepost.local.cluster import SUPERUSER, Cluster
from gatepost.transfer.casts.how import How
from gatepost.transfer.encode import Encoder
from gatepost.transfer.load import copy_statement
from gatepost.transfer.planning import make_plan
from gatepost.transfer.source import Source
from gatepost.transfer.structure import take_off
from gatepost.transfer.values import Options
from models.sample import write_sample

SETTINGS = (("max_wal_size", "8GB"), ("shared_buffers", "256MB"), ("maintenance_work_mem", "128MB"))

PGLOADER = """
LOAD DATABASE FROM sqlite://{source} INTO {target}
WITH data only, include no drop, create no tables, create no indexes, no foreign keys, reset sequences,
     workers = 2, concurrency = 1, batch rows = 25000, batch size = 20MB, prefetch rows = 25000
EXCLUDING TABLE NAMES LIKE 'alembic_version'
;
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=333)
    parser.add_argument("--only", default="floor,ours,parallel,pgloader,sqlalchemy")
    parser.add_argument("--dirty", action="store_true", help="only the table of what each tool does with dirty values")
    parser.add_argument("--source", type=Path, help="a sample that was written before")
    arguments = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="gp-transfer-"))
    give(directory, unprivileged())
    cluster = Cluster(directory, find(), unprivileged(), SETTINGS)
    try:
        cluster.initialise()
        cluster.launch()
        work = directory / "work"
        work.mkdir()
        if arguments.dirty:
            fresh(cluster, "dirty", tables=False)
            dirty(cluster, work)
            return
        source = arguments.source or work / "old.db"
        if arguments.source is None:
            write_sample(source, scale=arguments.scale)
        with Source(source) as opened:
            rows = sum(table.rows for table in opened.tables)
        print(f"{rows:,} rows, {source.stat().st_size / 1e6:,.0f} MB of SQLite, {os.cpu_count()} cores\n")
        print(f"{'':12}{'seconds':>9}{'rows/s':>12}{'x floor':>9}{'peak MB':>9}  ")
        floor = None
        for number, name in enumerate(arguments.only.split(",")):
            seconds, peak, said = CONTESTANTS[name](cluster, fresh(cluster, f"{name}{number}"), source, work)
            floor = seconds if name == "floor" else floor
            ratio = f"{seconds / floor:.2f}" if floor else ""
            print(f"{name:12}{seconds:9.1f}{rows / seconds:12,.0f}{ratio:>9}{peak / 1024:9.0f}  {said}", flush=True)
    finally:
        cluster.stop()
        shutil.rmtree(directory)


def fresh(cluster, name, *, tables=True):
    """Make a database, with the schema of the models; return its name."""
    with closing(psycopg2.connect(cluster.url("postgres", SUPERUSER))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE bench_{name}")
            cursor.execute("CHECKPOINT")
    if not tables:
        return f"bench_{name}"
    engine = create_engine(cluster.url(f"bench_{name}", SUPERUSER).replace("postgresql:", "postgresql+psycopg2:", 1))
    models.metadata.create_all(engine)
    engine.dispose()
    return f"bench_{name}"


def timed(command):
    """Run a process outside of the project; return seconds, peak memory in kB, its exit code and what it said."""
    peak = 0
    started = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd="/")
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(0.02)
        seconds = time.perf_counter() - started
        output.seek(0)
        said = output.read().decode(errors="replace")
    return seconds, peak, process.returncode, said


def resident(pid):
    """Return the resident memory of a process and its children in kB, as Linux tells it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    own = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)
    return own + sum(resident(int(child)) for child in children)


def arrived(cluster, database):
    with closing(psycopg2.connect(cluster.url(database, SUPERUSER))) as connection, connection.cursor() as cursor:
        names = [table.name for table in models.metadata.sorted_tables]
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {name}" for name in names))
        return sum(count for (count,) in cursor.fetchall())


def floor(cluster, database, source, work):
    script = work / "floor.sql"
    prepared = work / "prepared"
    prepared.mkdir()
    with closing(psycopg2.connect(cluster.url(database, SUPERUSER))) as connection, Source(source) as opened:
        plan = make_plan(opened, connection, Options())
        lines = ["\\set ON_ERROR_STOP on", "BEGIN;"]
        for number, table in enumerate(plan.tables):
            path = prepared / f"{number}.txt"
            with path.open("wb") as file:
                encoder = Encoder(table, How())
                for batch in opened.batches(table.source, table.read):
                    file.write(encoder.encode(batch).data)
            lines.append(copy_statement(table).replace("COPY", "\\copy").replace("STDIN", f"'{path}'"))
        removed = take_off(connection, plan.tables)
        parts = [*removed.indexes, *removed.foreign_keys]
        connection.commit()
    script.write_text("\n".join([*lines, *(part.on + ";" for part in parts), "COMMIT;"]))
    url = cluster.url(database, SUPERUSER)
    seconds, peak, code, said = timed(["psql", "-q", "-X", "-f", str(script), url])
    shutil.rmtree(prepared)
    return seconds, peak, f"{arrived(cluster, database):,} rows" if code == 0 else said[-300:]


def ours(cluster, database, source, _work, *options):
    url = cluster.url(database, SUPERUSER)
    command = [sys.executable, "-m", "gatepost.cli", "transfer", str(source), url, "--quiet"]
    command += ["--ignore-table", "alembic_version", *options]
    seconds, peak, code, said = timed(command)
    return seconds, peak, f"{arrived(cluster, database):,} rows" if code == 0 else said[-300:]


def parallel(cluster, database, source, work):
    return ours(cluster, database, source, work, "--parallel", "2")


def pgloader(cluster, database, source, work):
    if not shutil.which("pgloader"):
        return float("nan"), 0, "not installed"
    target = f"postgresql://{SUPERUSER}@unix:{cluster.directory}:5432/{database}"
    script = work / "pgloader.load"
    script.write_text(PGLOADER.format(source=source, target=target))
    seconds, peak, code, said = timed(["pgloader", "--no-ssl-cert-verification", str(script)])
    found = f"{arrived(cluster, database):,} rows, exit {code}"
    return seconds, peak, found if " rows" in found and "ERROR" not in said else found + ", with errors"


def sqlalchemy(cluster, database, source, _work):
    started = time.perf_counter()
    old = create_engine(f"sqlite:///{source}")
    new = create_engine(cluster.url(database, SUPERUSER).replace("postgresql:", "postgresql+psycopg2:", 1))
    with old.connect() as here, new.begin() as there:
        for table in models.metadata.sorted_tables:
            result = here.execution_options(stream_results=True).execute(select(table))
            while batch := result.mappings().fetchmany(5000):
                there.execute(insert(table), [dict(row) for row in batch])
    seconds = time.perf_counter() - started
    return seconds, 0, f"{arrived(cluster, database):,} rows"


DIRTY = (
    ("3.7 in an integer", "n", "integer", "3.7"),
    ("'abc' in an integer", "n", "integer", "'abc'"),
    ("2^31 in an integer", "n", "integer", "2147483648"),
    ("'true' in a boolean", "ok", "boolean", "'true'"),
    ("2 in a boolean", "ok", "boolean", "2"),
    ("0.1+0.2 in a float", "x", "float8", "0.1 + 0.2"),
    ("empty string in text", "t", "text", "''"),
    ("\\N in text", "t", "text", "'\\N'"),
    ("tab, CR LF in text", "t", "text", "'a' || char(9) || 'b' || char(13, 10)"),
    ("NUL character in text", "t", "text", "'a' || char(0) || 'b'"),
    ("invalid UTF-8 in text", "t", "text", "CAST(x'ff41' AS TEXT)"),
    ("BLOB in text", "t", "text", "x'6162'"),
    ("4 characters in varchar(3)", "v", "varchar(3)", "'abcd'"),
    ("micros in a timestamptz", "at", "timestamptz", "'2025-01-09 22:38:08.041300'"),
    ("offset in a timestamptz", "at", "timestamptz", "'2025-01-09 22:38:08+02:00'"),
    ("epoch in a timestamptz", "at", "timestamptz", "1736462288"),
    ("empty string in a timestamptz", "at", "timestamptz", "''"),
    ("30 February in a timestamptz", "at", "timestamptz", "'2025-02-30 00:00:00'"),
    ("doubled key in jsonb", "j", "jsonb", '\'{"a":1,"a":2}\''),
    ("NaN in jsonb", "j", "jsonb", "'[NaN]'"),
    ("\\u0000 in jsonb", "j", "jsonb", "'[\"\\u0000\"]'"),
    ("a bare number in jsonb", "j", "jsonb", "42"),
    ("19.999 in numeric(10,2)", "p", "numeric(10,2)", "19.999"),
    ("UUID without hyphens", "u", "uuid", "'6f9619ff8b86d011b42d00c04fc964ff'"),
    ("child without a parent", "up", "integer", "7"),
)
"""What is in the source: what it is, the column, its type in the target, and the value as SQLite writes it."""

DECLARED = {"integer": "INTEGER", "boolean": "BOOLEAN", "float8": "FLOAT", "timestamptz": "DATETIME", "jsonb": "JSON"}


def dirty(cluster, work):
    """Put one value after the other through each tool, and print what arrives."""
    print(f"{'value':32}{'pgloader':42}{'sqlite3 -csv | psql copy':50}gatepost transfer")
    for number, (what, column, kind, value) in enumerate(DIRTY):
        source = work / f"dirty{number}.db"
        with closing(sqlite3.connect(source)) as old, old:
            declared = "NUMERIC" if kind.startswith("numeric") else DECLARED.get(kind, "VARCHAR")
            old.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {column} {declared})")
            old.execute(f"INSERT INTO t VALUES (1, {value})")
        said = [one(cluster, source, work, column, kind, tool) for tool in (by_pgloader, by_csv, by_us)]
        print(f"{what:32}{said[0]:42}{said[1]:50}{said[2]}", flush=True)


def one(cluster, source, work, column, kind, tool):
    """Return what arrives in a fresh table by one tool, shortened."""
    with closing(psycopg2.connect(cluster.url("bench_dirty", SUPERUSER))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            reference = " REFERENCES t" if column == "up" else ""
            cursor.execute(f"DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, {column} {kind}{reference})")
            code, why = tool(cluster, source, work)
            cursor.execute(f"SELECT {column}::text FROM t")
            found = cursor.fetchall()
    arrived = repr(found[0][0]) if found else "row lost" if code == 0 else "refused"
    return f"{arrived} (exit {code}){why}"


def by_pgloader(cluster, source, work):
    if not shutil.which("pgloader"):
        return 2, " not installed"
    script = work / "dirty.load"
    target = f"postgresql://{SUPERUSER}@unix:{cluster.directory}:5432/bench_dirty"
    script.write_text(PGLOADER.format(source=source, target=target))
    return timed(["pgloader", str(script)])[2], ""


def by_csv(cluster, source, work):
    text = work / "dirty.csv"
    with text.open("wb") as file:
        subprocess.run(["sqlite3", "-csv", str(source), "SELECT * FROM t"], stdout=file, check=False)
    url = cluster.url("bench_dirty", SUPERUSER)
    return timed(["psql", "-q", "-X", "-c", f"\\copy t FROM '{text}' WITH (FORMAT csv)", url])[2], ""


def by_us(cluster, source, _work):
    url = cluster.url("bench_dirty", SUPERUSER)
    command = [sys.executable, "-m", "gatepost.cli", "transfer", str(source), url, "--quiet", "--ignore-table", "other"]
    _, _, code, said = timed(command)
    reason = said.partition(': column "')[2].partition('" ')[2].partition("; nothing")[0]
    return code, f": {reason}" if reason else ""


CONTESTANTS = {"floor": floor, "ours": ours, "parallel": parallel, "pgloader": pgloader, "sqlalchemy": sqlalchemy}

if __name__ == "__main__":
    main()
