"""How long `gatepost verify` takes on 14, 200 and 1,000 tables, against the linters that people use today.

    python benchmarks/verify.py                                 14, 200 and 1,000 tables, each with four policies
    python benchmarks/verify.py 14 200                          these numbers of tables
    python benchmarks/verify.py --pgrls PATH                    the `pgrls` program (pip install pgrls, anywhere)
    python benchmarks/verify.py --supabase PATH                 the `supabase` program, which carries splinter

Gatepost and pgrls run alternately on the same database, timed from start to exit. The output shows the median of the
rounds and its ratio to Gatepost's time; above 1 is slower than Gatepost. `own` is the processor time of the process,
which a busy machine does not change much. Both run from compiled bytecode, as an installed package does. splinter is
SQL. It is timed as the program that people run, `supabase db advisors`, and by itself, from connecting to the last row.
The statement is taken from the server's log when the program runs on a small database, and is not kept here.
A peer that is not given is skipped, and the output says so. `gatepost, all declared` runs in a project that declares
every table and policy. It imports the declaration, and the running local server prints both sides of each policy.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from gatepost.local import LocalServer
from gatepost.local.account import unprivileged
from gatepost.local.cluster import SUPERUSER
from gatepost.local.transport import Loopback

DATABASE = "gatepost_benchmark_verify"
GATEPOST = str(Path(sys.executable).parent / "gatepost")
ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [^\n]*?\b(?:LOG|DETAIL|ERROR|STATEMENT|WARNING|HINT):  ", re.MULTILINE)
"""How an entry of the server's log begins."""

TABLE = """
CREATE TABLE public.{name} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users (id),
    parent_{number} bigint,
    title text,
    status_{number} text NOT NULL DEFAULT 'open',
    amount numeric,
    details jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON public.{name} (user_id);
CREATE INDEX ON public.{name} (status_{number});
ALTER TABLE public.{name} ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.{name} FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.{name} TO authenticated;
CREATE POLICY {name}_select ON public.{name} FOR SELECT TO authenticated
    USING ((SELECT auth.uid()) = user_id AND status_{number} <> 'gone');
CREATE POLICY {name}_insert ON public.{name} FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) = user_id);
CREATE POLICY {name}_update ON public.{name} FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) = user_id) WITH CHECK ((SELECT auth.uid()) = user_id);
CREATE POLICY {name}_delete ON public.{name} FOR DELETE TO authenticated
    USING ((SELECT auth.uid()) = user_id AND status_{number} = 'open');
"""


DECLARATION = """
from sqlalchemy import BigInteger, Column, DateTime, MetaData, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from gatepost import allow, authenticated, protect, uid

for number in range({tables}):
    name = f"item_{{number:04}}"
    table = Table(
        name, MetaData(), Column("id", BigInteger, primary_key=True), Column("user_id", Uuid, index=True),
        Column(f"parent_{{number}}", BigInteger), Column("title", Text), Column(f"status_{{number}}", Text, index=True),
        Column("amount", Numeric), Column("details", JSONB), Column("created_at", DateTime(timezone=True)),
    )
    mine, status = uid() == table.c.user_id, table.c[f"status_{{number}}"]
    protect(
        table,
        allow("select", to=authenticated, where=mine & (status != "gone"), name=f"{{name}}_select"),
        allow("insert", to=authenticated, check=mine, name=f"{{name}}_insert"),
        allow("update", to=authenticated, where=mine, check=mine, name=f"{{name}}_update"),
        allow("delete", to=authenticated, where=mine & (status == "open"), name=f"{{name}}_delete"),
    )
"""


@dataclass(frozen=True)
class Took:
    """The seconds from start to end, those of the processor, and those to the first byte that was printed."""

    wall: float
    own: float = 0.0
    first: float = 0.0


def median(rounds: list[Took]) -> Took:
    """Return the median of each."""
    return Took(*(statistics.median(getattr(one, name) for one in rounds) for name in ("wall", "own", "first")))


@contextmanager
def serving():
    """A server of its own that listens on a port of this machine, as the `supabase` program wants it."""
    account = unprivileged()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        directory = Path(folder).resolve() / "server"
        server = LocalServer(directory, account, Loopback(directory, account)).start("new")
        try:
            yield server, directory / "postgres.log"
        finally:
            server.remove()


def fill(url, tables):
    with closing(psycopg2.connect(url)) as connection:
        with connection, connection.cursor() as cursor:
            for number in range(tables):
                cursor.execute(TABLE.format(name=f"item_{number:04}", number=number))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def declare(project: Path, tables: int) -> None:
    """Write a project that declares what `fill` makes."""
    (project / "policies").mkdir(parents=True, exist_ok=True)
    (project / "pyproject.toml").write_text("[tool.gatepost]\n")
    (project / "policies" / "__init__.py").write_text(DECLARATION.format(tables=tables))


def run(command: list[str], folder: str, bytecode: str, **more: str) -> Took:
    """Run a program that prints a report to its end."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment | {"PYTHONPYCACHEPREFIX": bytecode} | more,
    ) as process:
        printed = process.stdout.read(1)
        first = time.perf_counter() - begun
        printed += process.stdout.read()
        output = process.stderr.read()
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in (0, 1) or not printed:
        raise SystemExit(f"{command[0]} ended with {process.returncode}:\n{output[-800:].decode()}")
    return Took(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, first)


def advisors(program: str, url: str) -> list[str]:
    """Return the command by which people run splinter."""
    options = ("--type", "all", "--level", "info", "--output-format", "json", "--agent", "no")
    return [program, "db", "advisors", f"--remote={url}", *options]


def splinter(program: str, server: LocalServer, log: Path, folder: str, bytecode: str) -> str:
    """Return the statement that the `supabase` program sends, from the server's log."""
    server.drop(DATABASE)
    url = server.clone(DATABASE)
    try:
        with closing(psycopg2.connect(server.url("postgres", SUPERUSER))) as connection:
            connection.autocommit = True
            connection.cursor().execute(f"ALTER DATABASE {DATABASE} SET log_statement = 'all'")
        start = log.stat().st_size
        run(advisors(program, url), folder, bytecode)
        output = log.read_bytes()[start:].decode()
    finally:
        server.drop(DATABASE)
    entries = ENTRY.split(output)
    sent = max(entries, key=len)
    if "row_security" not in sent and "relrowsecurity" not in sent:
        raise SystemExit("the statement that carries splinter's lints was not found in the server's log")
    return re.sub(r"\A(?:statement|execute [^:]*): ", "", sent).replace("\n\t", "\n")


def sql_alone(statement: str, url: str) -> Took:
    """Run splinter's statement as the `supabase` program does, without the program."""
    begun = time.perf_counter()
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgrst.db_schemas', 'public,graphql_public', true)")
        cursor.execute("SET LOCAL search_path = ''")
        cursor.execute(statement)
        cursor.fetchall()
    return Took(time.perf_counter() - begun)


def measure(tables, server, peers: dict[str, Callable[[str], Took]], times: int, project: Path):
    declare(project, tables)
    server.drop(DATABASE)
    url = server.clone(DATABASE)
    try:
        fill(url, tables)
        rounds = {name: [] for name in peers}
        for _ in range(times):
            for name, run_peer in peers.items():
                rounds[name].append(run_peer(url))
    finally:
        server.drop(DATABASE)
    found = {name: median(took) for name, took in rounds.items()}
    ours = found.pop("gatepost")
    print(
        f"{tables:5} tables, {4 * tables:5} policies: gatepost {ours.wall:6.2f} s (own {ours.own:5.2f} s,"
        f" the first byte after {ours.first:.2f} s)"
    )
    for name, took in found.items():
        own = f" (own {took.own:5.2f} s = {took.own / ours.own:4.1f} x)" if took.own else ""
        print(f"{name:>38} {took.wall:6.2f} s = {took.wall / ours.wall:4.1f} x{own}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tables", nargs="*", type=int, default=[14, 200, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pgrls", default=shutil.which("pgrls"), help="the pgrls program")
    parser.add_argument("--supabase", default=shutil.which("supabase"), help="the supabase program")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as bytecode, serving() as (server, log):

        def program(*command: str) -> Callable[[str], Took]:
            return lambda url: run([part.replace("URL", url) for part in command], folder, bytecode)

        project = Path(folder) / "declared"
        declare(project, 1)
        peers = {
            "gatepost": program(GATEPOST, "verify", "URL", "--format", "json"),
            "gatepost, all declared": lambda url: run(
                [GATEPOST, "verify", url, "--format", "json"],
                str(project),
                bytecode,
                GATEPOST_LOCAL_DIR=str(server.directory),
            ),
        }
        if arguments.pgrls:
            lint = ("lint", "--database-url", "URL", "--schemas", "public", "--format", "json")
            peers["pgrls lint"] = program(arguments.pgrls, *lint)
        if arguments.supabase:
            statement = splinter(arguments.supabase, server, log, folder, bytecode)
            peers["splinter, the SQL alone"] = lambda url: sql_alone(statement, url)
            peers["splinter, supabase db advisors"] = program(*advisors(arguments.supabase, "URL"))
        help_ = [run([GATEPOST, "--help"], folder, bytecode).first for _ in range(arguments.rounds + 1)][1:]
        print(f"gatepost --help: the first byte after {statistics.median(help_):.2f} s")
        server.drop(DATABASE)
        for run_peer in peers.values():
            run_peer(server.clone(DATABASE))  # compiled once, as pip does
            server.drop(DATABASE)
        for tables in arguments.tables:
            measure(tables, server, peers, arguments.rounds, project)
    for name in ("pgrls", "supabase"):
        if not getattr(arguments, name):
            print(f"{name} was not given, and is left out")


if __name__ == "__main__":
    main()
