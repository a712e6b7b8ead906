"""How long autogenerate takes, and how many statements it sends to the database.

    python benchmarks/autogenerate.py                  14, 200 and 1,000 tables, each with four policies
    python benchmarks/autogenerate.py 14 200           these numbers of tables
    python benchmarks/autogenerate.py --bound 900      give stock alembic-utils more seconds than 120

Compared, each in a process of its own on a database of the local server: Alembic's own comparison of the tables alone;
the same with Gatepost's, where nothing changed and where everything is new; and stock alembic-utils with the same
policies as `PGPolicy`, on the unchanged database. A round trip is one call of the driver; the median of the rounds
is printed, and the ratio to Alembic's own comparison is what counts. What the end of every `upgrade head` compares is
measured as well.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DATABASE = "gatepost_benchmark_autogenerate"
TARGET = 2.0
ENVIRONMENT = "from alembic import context\ncontext.config.attributes['run'](context)\n"


def project(tables):
    """Metadata and declaration of tables with an owner and a policy for every command."""
    import sqlalchemy as sa

    from gatepost import owner, protect
    from gatepost.declare.language import collected, declaring

    metadata = sa.MetaData()
    with declaring():
        for number in range(tables):
            table = sa.Table(
                f"table_{number:04}",
                metadata,
                sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
                sa.Column("user_id", sa.Uuid, nullable=False),
                sa.Column("title", sa.Text),
                sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()")),
                sa.Index(f"ix_table_{number:04}_user_id", "user_id", "created_at"),
            )
            protect(table, owner(table.c.user_id))
        return metadata, collected()


def with_gatepost(context, tables):
    from gatepost.migrate import run

    metadata, declaration = project(tables)
    run(context, metadata, policies=declaration)


def alone(context, tables, entities=()):
    """Alembic's own comparison, with the options that Gatepost gives it; `entities` are stock alembic-utils'."""
    import sqlalchemy as sa
    from alembic_utils.replaceable_entity import ReplaceableEntity, registry

    metadata, _ = project(tables)
    registry.clear()
    registry.register(entities, entity_types={type(one) for one in entities} or {ReplaceableEntity})
    url = sa.make_url(context.config.attributes["url"]).set(drivername="postgresql+psycopg2")
    with sa.create_engine(url).connect() as connection:
        context.configure(
            connection=connection, target_metadata=metadata, compare_type=True, compare_server_default=True
        )
        with context.begin_transaction():
            context.run_migrations()


def stock(context, tables):
    from alembic_utils.pg_policy import PGPolicy

    _, declaration = project(tables)
    entities = []
    for policy in (policy for table in declaration for policy in table.policies):
        using = f" USING ({policy.using})" if policy.using else ""
        check = f" WITH CHECK ({policy.check})" if policy.check else ""
        definition = f"FOR {policy.command} TO {', '.join(policy.roles)}{using}{check}"
        entities.append(PGPolicy("public", policy.name, definition, on_entity=policy.table))
    alone(context, tables, entities)


def config(url, run):
    from alembic.config import Config

    folder = Path(tempfile.mkdtemp(prefix="gatepost-benchmark-"))
    (folder / "versions").mkdir()
    (folder / "env.py").write_text(ENVIRONMENT)
    template = Path(__file__).parents[1] / "alembic" / "script.py.mako"
    (folder / "script.py.mako").write_text(template.read_text())
    found = Config(attributes={"url": url, "run": run})
    found.set_main_option("script_location", str(folder))
    found.set_main_option("path_separator", "os")
    return found


def measure(way, url, tables):
    """Compare once, write no file, and print what it took as JSON."""
    import psycopg2.extensions
    import sqlalchemy as sa
    from alembic import command

    trips = 0

    class Counting(psycopg2.extensions.cursor):
        def execute(self, *arguments):
            nonlocal trips
            trips += 1
            return super().execute(*arguments)

    @sa.event.listens_for(sa.Engine, "connect")
    def count(connection, _record):
        connection.cursor_factory = Counting

    operations = 0

    def keep_nothing(_context, _revision, directives):
        nonlocal operations
        operations = len(directives[0].upgrade_ops.as_diffs())
        directives.clear()

    ways = {"alone": alone, "gatepost": with_gatepost, "stock": stock}
    made = config(url, lambda context: ways[way](context, tables))
    started = time.perf_counter()
    command.revision(made, "x", autogenerate=True, process_revision_directives=keep_nothing)
    print(json.dumps({"seconds": time.perf_counter() - started, "trips": trips, "operations": operations}))


def measured(way, url, tables, bound=None):
    """Measure in a new process, so that no cache is warm; None where it does not end within the bound."""
    call = [sys.executable, __file__, "--measure", way, "--url", url, str(tables)]
    try:
        done = subprocess.run(call, capture_output=True, text=True, timeout=bound, check=True)
    except subprocess.TimeoutExpired:
        return None
    return json.loads(done.stdout.splitlines()[-1])


def several(rounds, *arguments):
    found = [measured(*arguments) for _ in range(rounds)]
    return found[0] | {"seconds": statistics.median(one["seconds"] for one in found)}


def fill(url, tables):
    """Make the tables and everything that was declared, by a revision of Gatepost's own."""
    from alembic import command

    made = config(url, lambda context: with_gatepost(context, tables))
    command.revision(made, "all", autogenerate=True)
    command.upgrade(made, "head")
    # The next comparison has a history of its own.
    import psycopg2

    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM alembic_version")
    connection.close()


def end_of_upgrade(url, tables, rounds):
    """Return the seconds that the comparison at the end of an upgrade takes."""
    import psycopg2

    from gatepost.migrate.open_tables import differences
    from gatepost.reflect import read

    _, declaration = project(tables)
    seconds = []
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        for _ in range(rounds):
            started = time.perf_counter()
            assert not differences(declaration, read(cursor, doors=False))
            seconds.append(time.perf_counter() - started)
            connection.rollback()
    connection.close()
    return statistics.median(seconds)


def row(what, size, found, base):
    if found is None:
        return f"{size:>13} {what:<42} {'did not end':>12}"
    ratio = f"{found['seconds'] / base['seconds']:8.2f}x" if base else ""
    return f"{size:>13} {what:<42} {found['seconds']:10.2f} s {found['trips']:>8} {found['operations']:>8} {ratio}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", type=int, default=[14, 200, 1000])
    parser.add_argument("--bound", type=float, default=120, help="seconds that stock alembic-utils gets")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    if options.measure:
        measure(options.measure, options.url, options.tables[0])
        return
    from gatepost import local

    # A server of its own; the account that it runs as must be able to enter.
    directory = Path(tempfile.mkdtemp(prefix="gatepost-benchmark-"))
    directory.chmod(0o755)
    server = local.start(directory / "server")
    print(f"{'':>13} {'':<42} {'time':>12} {'trips':>8} {'found':>8}    ratio")
    try:
        for tables in options.tables:
            server.drop(DATABASE)
            url = server.clone(DATABASE)
            try:
                size = f"{tables}/{tables * 4}"
                new_alone = several(options.rounds, "alone", url, tables)
                print(row("all new: Alembic alone", size, new_alone, None), flush=True)
                print(row("all new: with Gatepost", size, several(options.rounds, "gatepost", url, tables), new_alone))
                fill(url, tables)
                base = several(options.rounds, "alone", url, tables)
                ours = several(options.rounds, "gatepost", url, tables)
                print(row("unchanged: Alembic alone", size, base, None))
                print(row("unchanged: with Gatepost", size, ours, base), flush=True)
                end = end_of_upgrade(url, tables, options.rounds)
                print(f"{size:>13} {'the end of an upgrade':<42} {end:10.2f} s", flush=True)
                print(row("unchanged: stock alembic-utils", size, measured("stock", url, tables, options.bound), base))
                reached = ours["seconds"] <= TARGET * base["seconds"]
                print(f"{size:>13} target {TARGET}x, unchanged: {'reached' if reached else 'MISSED'}", flush=True)
            finally:
                server.drop(DATABASE)
    finally:
        server.remove()


if __name__ == "__main__":
    main()
