"""Copy a database's schema without its rows into a server of its own. The live database is only read.

`pg_dump` writes the project's own schemas. What a project adds to the platform's (policies on `storage.objects`,
triggers on `auth.users`, functions of its own in `auth`) is carried over one by one, because the platform's schemas
are there already. Everything foreign is run by a role that has no privilege over the server (`local/throwaway/`).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.database.connect import connect
from gatepost.database.reading import GONE, LOCK_TIMEOUT, Reading, given_up, read_again, reading
from gatepost.database.url import DatabaseUrl, parse_url
from gatepost.errors import DatabaseUnreachable, LocalServerError
from gatepost.finding import NotChecked
from gatepost.local.account import inherited_environment
from gatepost.local.binaries import VARIABLE, Binaries, find_for
from gatepost.local.throwaway.image import LOGIN
from gatepost.local.throwaway.server import Throwaway, throwaway
from gatepost.observation.clone.buckets import Bucket, make_buckets, read_buckets, unread_buckets
from gatepost.observation.clone.compare_protection import differences
from gatepost.observation.clone.extensions import Dependents, dependents, make_extensions
from gatepost.observation.clone.left_out import left_out
from gatepost.observation.clone.platform import (
    carry_over,
    close_schemas,
    database_owner,
    make_schemas,
    own_functions,
)
from gatepost.observation.clone.restore import restore
from gatepost.observation.clone.roles import make_roles, reachable, token_roles, without_own_roles
from gatepost.reflect import read_all, reflect
from gatepost.reflect.standins import of_standins, used_standins
from gatepost.schema import PLATFORM_SCHEMAS, Schema
from gatepost.sql import identifier
from gatepost.sql_script import Statement, statements

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

SECONDS = 600.0
"""How long a clone may be created and observed, whatever its code does. `GATEPOST_CLONE_SECONDS` changes it."""
ROOM = 2 << 30
_LIMIT = "GATEPOST_CLONE_SECONDS"
_DUMP = (
    "--schema-only --no-publications --no-subscriptions --no-comments --no-security-labels --no-tablespaces"
    f" --no-toast-compression --encoding=UTF8 --lock-wait-timeout={LOCK_TIMEOUT}"
).split()
_DUMP_SECONDS = 300
_STATEMENT_SECONDS = 60


@dataclass(frozen=True)
class Clone:
    """A copy of a database's schema, with a role that may do everything in it and nothing to its server.

    `missing` lists what could not be copied. `roles` are the project's own roles that a token of the API can name and
    that can access a table: in the clone, who logs in may become every role.
    """

    url: DatabaseUrl
    missing: tuple[NotChecked, ...]
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """Everything that a clone is made from: what the source's catalog contains, its dump, and its buckets.

    Args:
        live: The source.
        owner: Who owns the database.
        functions: The project's own functions in the platform's schemas, each as the statement that makes it.
        needed: The extensions that an object needs.
        left_out: What is not in it.
        dump: What pg_dump wrote.
        buckets: The buckets of the storage service: the id and whether everybody reads it by its URL.
    """

    live: Schema
    owner: str
    functions: dict[str, str]
    needed: Dependents
    left_out: list[NotChecked]
    dump: str = ""
    buckets: tuple[Bucket, ...] = ()


@contextmanager
def schema_clone(source: DatabaseUrl, *, seconds: float | None = None, made: bool = False) -> Iterator[Clone]:
    """Create a clone, and remove it with its server when the block or the process ends.

    Args:
        source: The database, which is only read.
        seconds: How long the clone may exist. None for the default.
        made: Whether the source is itself a temporary server of ours, on which a project's SQL was run.

    Raises:
        DatabaseUnreachable: there is no connection to the source, or it cannot be read.
        LocalServerError: the server cannot be started, there is no `pg_dump` that can read the source, or what the
            schema holds took more time or room than it is given.
        ScriptError: the dump holds a command for psql.
    """
    read = kept(source, buckets=True)
    read = replace(read, live=without_own_roles(read.live)) if made else read
    with clone_of(read, source.masked, seconds=seconds) as clone:
        yield clone


def kept(source: DatabaseUrl, *, buckets: bool = False) -> Kept:
    """Read everything that a clone is made from. The database is only read.

    Args:
        source: The database.
        buckets: Whether the buckets of the storage service are read, too.

    Raises:
        DatabaseUnreachable: there is no connection to the source, or it cannot be read.
        LocalServerError: there is no `pg_dump` that can read it.
    """
    with closing(connect(source, application_name="gatepost observe", read_only=True)) as connection:
        read = read_again(connection, partial(_read, buckets=buckets))
        dump = _dump(source, find_for(read.live.server_version // 10000), connection)
    return replace(read, dump=dump)


@contextmanager
def clone_of(source: Kept, label: str, *, seconds: float | None = None, login: str = LOGIN) -> Iterator[Clone]:
    """Create a clone from what was read before, and remove it when the block or the process ends.

    Args:
        source: From `kept`.
        label: How messages call it.
        seconds: How long the clone may exist. None for the default.
        login: The role that logs in, which is a member of every role: LOADER where the memberships of
            `authenticator` are read from the clone.

    Raises:
        LocalServerError: the server cannot be started, or what the schema holds took more time or room than it is
            given.
        ScriptError: the dump holds a command for psql.
    """
    from psycopg2 import InterfaceError, OperationalError

    script = statements(source.dump, f"the dump of {label}", dumped=True)
    limit = seconds if seconds is not None else _limit()
    with throwaway(find_for(source.live.server_version // 10000), seconds=limit, room=ROOM, login=login) as server:
        try:
            yield _made(server, source, script)
        except (OperationalError, InterfaceError, DatabaseUnreachable) as error:
            reason = server.ended()
            if not reason:
                raise
            raise LocalServerError(
                f'the clone of "{label}" was stopped: {reason}', f"allow more time: {_LIMIT}={2 * limit:.0f}"
            ) from error


def _limit() -> float:
    text = os.environ.get(_LIMIT, "")
    if not text:
        return SECONDS
    try:
        return max(float(text), 1.0)
    except ValueError:
        raise LocalServerError(f'"{text}" is not a number of seconds', f"{_LIMIT}={SECONDS:.0f}") from None


def _read(reading: Reading, buckets: bool = False) -> Kept:
    source, live = reading.cursor.connection, read_all(reading)
    return Kept(
        live, database_owner(source), dict(own_functions(source)), dependents(source),
        [*left_out(source, live), *(unread_buckets(reading.cursor, live) if buckets else ())],
        buckets=tuple(read_buckets(reading.cursor, live)) if buckets else (),
    )  # fmt: skip


def _made(server: Throwaway, source: Kept, script: tuple[Statement, ...]) -> Clone:
    with closing(server.admin()) as admin:
        missing = [*source.left_out, *make_roles(admin, source.live, server.login)]
        make_schemas(admin, source.live, source.owner)
        lacking = make_extensions(admin, source.live, source.needed)
        server.seal(admin)
    url = parse_url(server.url)
    missing += lacking.not_checked()
    with closing(connect(url, application_name="gatepost clone")) as clone:
        clone.autocommit = True
        with clone.cursor() as cursor:
            cursor.execute("SELECT pg_catalog.set_config('statement_timeout', %s, false)", [f"{_STATEMENT_SECONDS}s"])
        missing += restore(clone, script, lacking, _closed(source.live))
        missing += _finish(clone, source, missing)
        missing += make_buckets(clone, source.buckets)
        missing += of_standins(clone, used_standins(clone))
    return Clone(url, tuple(dict.fromkeys(missing)), token_roles(source.live))


def _finish(clone: Connection, source: Kept, missing: Collection[NotChecked]) -> list[NotChecked]:
    """Close the schemas, add the changes to the platform's schemas, and compare."""
    with clone.cursor() as cursor:
        cursor.execute("RESET ROLE")
    found = carry_over(clone, source.live, source.functions)
    close_schemas(clone, source.live, source.owner)
    named = {one.what for one in missing if not one.covered_by}
    return [*found, *differences(source.live, reflect(clone), named)]


def _closed(live: Schema) -> frozenset[str]:
    """Return the functions that no role of the API may call."""
    api = reachable(live)
    return frozenset(
        f"{one.schema}.{one.name}" for one in live.functions if not any(grant.grantee in api for grant in one.grants)
    )


def _dump(source: DatabaseUrl, binaries: Binaries, connection: Connection) -> str:
    """Return what pg_dump writes. The connection to the same database explains why it could not."""
    program = binaries.tool("pg_dump")
    if not program.is_file():
        raise _without(binaries, "pg_dump")
    excluded = [f"--exclude-schema={schema}" for schema in sorted(PLATFORM_SCHEMAS)]
    done = _run([str(program), *_DUMP, *excluded, f"--dbname={_without_password(source)}"], source)
    if done.returncode and "lock timeout" in done.stderr:
        raise given_up(connection)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "error" in line] or ["it said nothing"]
        raise LocalServerError(
            f'pg_dump {binaries.version} cannot read "{source.masked}": {said[0].partition("error: ")[2] or said[0]}',
            _dump_hint(done.stderr, connection),
        )
    return done.stdout


def _dump_hint(said: str, connection: Connection) -> str:
    """Return what helps where pg_dump did not get to the end."""
    if "permission denied" in said:
        with reading(connection) as found:  # a pooler's name for the user is not the role's
            found.cursor.execute("SELECT session_user")
            return f"GRANT pg_read_all_data TO {identifier(*found.cursor.fetchone() or ('',))}"
    if GONE.search(said):
        return "run it again: the schema changed while it was read"
    return "set GATEPOST_PG_BIN to the directory of a PostgreSQL as new as the database's"


def _without(binaries: Binaries, program: str) -> LocalServerError:
    """Return the error for an installation that has the server programs but not the client programs."""
    if os.environ.get(VARIABLE):
        hint = f"set {VARIABLE} to a directory that also holds {program}, or unset it"
    else:
        hint = f"set {VARIABLE} to a directory of PostgreSQL's programs that has {program}"
    return LocalServerError(f'there is no {program} in "{binaries.directory}", and a schema clone needs it', hint)


def _without_password(url: DatabaseUrl) -> str:
    from psycopg2.extensions import make_dsn

    arguments = {name: value for name, value in url.connect_arguments().items() if name != "password"}
    return str(make_dsn(**arguments))


def _run(arguments: list[str], url: DatabaseUrl) -> subprocess.CompletedProcess[str]:
    """Run a PostgreSQL program. The password is passed in the environment, so that no process list shows it."""
    password = url.connect_arguments().get("password")
    environment = inherited_environment() | ({"PGPASSWORD": str(password)} if password is not None else {})
    try:
        return subprocess.run(  # noqa: S603  # the program was found by us, no shell
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_DUMP_SECONDS,
            check=False,
            env=environment | {"LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        raise LocalServerError(f"{Path(arguments[0]).name} did not end within {_DUMP_SECONDS} seconds") from None
