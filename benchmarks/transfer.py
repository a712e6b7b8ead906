"""`gatepost transfer` against the floor, pgloader and a plain SQLAlchemy insert, on the same rows.

    python benchmarks/transfer.py                    # 1.5 million rows, 1 million of them stream chunks
    python benchmarks/transfer.py --scale 33         # a tenth of it
    python benchmarks/transfer.py --only floor,ours,floor,ours
    python benchmarks/dirty.py                       # what becomes of values that SQLite lets pass

The floor is what nobody who sends rows through one connection can beat: text that was prepared before, sent by psql's
`\\copy` into bare tables, indexes and keys made afterwards. Every contestant gets a fresh database of the same server
(its settings are below) and the schema of `models/`; what is timed is the process from its start to its end. Peak
memory is the resident memory of the process and its children. On a machine that does other things too, the processor
time of client and server says more than the seconds; `x floor` is to the floor that was measured last. pgloader runs
where it is installed (a Debian package).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg2
from sqlalchemy import create_engine, insert, select

import models
from gatepost.local.account import give, unprivileged
from gatepost.local.binaries import find
from gatepost.local.cluster import SUPERUSER, Cluster
from gatepost.transfer.casts.time_options import TimeOptions
from gatepost.transfer.encode.copy_text import Encoder
from gatepost.transfer.load.copy import copy_statement
from gatepost.transfer.load.indexes_and_keys import take_off
from gatepost.transfer.planning.make_plan import make_plan
from gatepost.transfer.source.sqlite import Source
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
        source = arguments.source or work / "old.db"
        if arguments.source is None:
            write_sample(source, scale=arguments.scale)
        with Source(source) as opened:
            rows = sum(table.rows for table in opened.tables)
        print(f"{rows:,} rows, {source.stat().st_size / 1e6:,.0f} MB of SQLite, {os.cpu_count()} cores\n")
        print(f"{'':12}{'seconds':>9}{'rows/s':>12}{'x floor':>9}{'CPU':>7}{'server':>8}{'peak MB':>9}  ")
        last = None
        for number, name in enumerate(arguments.only.split(",")):
            database, (own, served) = fresh(cluster, f"{name}{number}"), spent(cluster)
            seconds, peak, said = CONTESTANTS[name](cluster, database, source, work)
            cpu = [after - before for after, before in zip(spent(cluster), (own, served), strict=True)]
            last = seconds if name == "floor" else last
            ratio = f"{seconds / last:.2f}" if last else ""
            costs = f"{cpu[0]:7.1f}{cpu[1]:8.1f}{peak / 1024:9.0f}"
            print(f"{name:12}{seconds:9.1f}{rows / seconds:12,.0f}{ratio:>9}{costs}  {said}", flush=True)
    finally:
        cluster.stop()
        shutil.rmtree(directory)


def spent(cluster):
    """Return the seconds of processor time that our processes and the server's have taken so far."""
    client = os.times()
    postmaster = (cluster.data / "postmaster.pid").read_text().split("\n", 1)[0]
    # Of the processes that the server has ended: each connection is one, and so are its parallel workers.
    user, system = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()[13:15]
    return client.children_user + client.children_system, (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def fresh(cluster, name):
    """Make a database, with the schema of the models; return its name."""
    with closing(psycopg2.connect(cluster.url("postgres", SUPERUSER))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE bench_{name}")
            cursor.execute("CHECKPOINT")
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
    """Return the resident memory of a process and its children in kB, as Linux reports it."""
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
        for number, planned in enumerate(plan.tables):
            table = replace(planned, binary=False)
            path = prepared / f"{number}.txt"
            with path.open("wb") as file:
                encoder = Encoder(table, TimeOptions())
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


CONTESTANTS = {"floor": floor, "ours": ours, "parallel": parallel, "pgloader": pgloader, "sqlalchemy": sqlalchemy}

if __name__ == "__main__":
    main()
