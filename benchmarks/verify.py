"""How long `gatepost verify` takes on 14, 200 and 1,000 tables, against the linters that people use today.

    python benchmarks/verify.py                                 14, 200 and 1,000 tables, each with four policies
    python benchmarks/verify.py 14 200                          these numbers of tables
    python benchmarks/verify.py --pgrls PATH                    the `pgrls` program (pip install pgrls, anywhere)
    python benchmarks/verify.py --splinter FILE                 splinter's lints as one SQL file

Each is a process of its own on the same database of the local server, in turn, from start to exit; the median of the
rounds is printed. A peer that is not given is left out, and said to be. The ratio is what counts: above 1 is slower
than Gatepost. `own` is the processor time of our process, which a busy machine does not change much; the first output
is what `gatepost --help` needs.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psycopg2

from gatepost import local

DATABASE = "gatepost_benchmark_verify"
GATEPOST = str(Path(sys.executable).parent / "gatepost")

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


def fill(url, tables):
    with closing(psycopg2.connect(url)) as connection:
        with connection, connection.cursor() as cursor:
            for number in range(tables):
                cursor.execute(TABLE.format(name=f"item_{number:04}", number=number))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def run(command, folder, environment=None):
    """Return the seconds from start to exit, the processor seconds, and what was printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ | (environment or {}))
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-800:]}{done.stderr[-800:]}")
    own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, own


def peers(url, arguments):
    """Return the commands, by the name that is printed."""
    found = {"gatepost": [GATEPOST, "verify", url, "--format", "json"]}
    pgrls = arguments.pgrls or shutil.which("pgrls")
    if pgrls:
        found["pgrls"] = [pgrls, "lint", "--database-url", url, "--schemas", "public", "--format", "json"]
    if arguments.splinter:
        psql = shutil.which("psql")
        if psql is None:
            raise SystemExit("splinter's SQL is run by psql, which is not here")
        expose = "SET pgrst.db_schemas = 'public'"
        found["splinter"] = [psql, url, "-qAt", "-o", os.devnull, "-c", expose, "-f", arguments.splinter]
    return found


def measure(tables, arguments, folder):
    server = local.start()
    server.drop(DATABASE)
    url = server.clone(DATABASE)
    try:
        fill(url, tables)
        commands = peers(url, arguments)
        rounds = {name: [] for name in commands}
        for _ in range(arguments.rounds):
            for name, command in commands.items():
                rounds[name].append(run(command, folder))
    finally:
        server.drop(DATABASE)
    wall = {name: statistics.median(seconds for seconds, _ in found) for name, found in rounds.items()}
    own = {name: statistics.median(cpu for _, cpu in found) for name, found in rounds.items()}
    print(
        f"{tables:5} tables, {4 * tables:5} policies: gatepost {wall['gatepost']:6.2f} s (own {own['gatepost']:5.2f} s)"
    )
    for name in commands:
        if name != "gatepost":
            slower, more = wall[name] / wall["gatepost"], own[name] / own["gatepost"]
            print(
                f"{name:>28} {wall[name]:6.2f} s (own {own[name]:5.2f} s) = {slower:4.1f} x (own {more:4.1f} x)",
                flush=True,
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tables", nargs="*", type=int, default=[14, 200, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pgrls", help="the pgrls program")
    parser.add_argument("--splinter", help="splinter's lints as one SQL file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first = statistics.median(run([GATEPOST, "--help"], folder)[0] for _ in range(arguments.rounds))
        print(f"first output of the command line: {first:.2f} s")
        for tables in arguments.tables:
            measure(tables, arguments, folder)
    for name, given in (("pgrls", arguments.pgrls or shutil.which("pgrls")), ("splinter", arguments.splinter)):
        if not given:
            print(f"{name} was not given, and is left out")


if __name__ == "__main__":
    main()
