"""Create databases for a test run, in the embedded server or a given one, and drop them when the run ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gatepost import local, sql
from gatepost.database.connect import connect
from gatepost.local import LocalServer
from gatepost.local.cluster import SUPERUSER
from gatepost.local.lock import locked
from gatepost.observation.clone.cleanup import guarded, new_name, sweep

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

PREFIX = "gatepost_pytest_"
_SETTINGS = """
SELECT r.rolname, unnest(s.setconfig)
  FROM pg_db_role_setting s
  JOIN pg_database d ON d.oid = s.setdatabase
  LEFT JOIN pg_roles r ON r.oid = s.setrole
 WHERE d.datname = %s AND (s.setrole = 0 OR r.rolname IS NOT NULL)
"""
_LISTS = ("search_path", "session_preload_libraries", "local_preload_libraries", "temp_tablespaces")


@dataclass(frozen=True)
class TestDatabase:
    """A database for tests.

    `url` is for its owner, who migrates it. `superuser_url` is for observing it, and may be the same.
    """

    __test__ = False  # pytest, this is not a class of tests

    url: str
    superuser_url: str


@dataclass
class Databases:
    """Creates databases that are dropped when the stack closes, even if the process is killed.

    Args:
        given: The server to use. None for the embedded one.
        stack: Closes them.
    """

    given: str | None
    stack: ExitStack
    _swept: bool = False

    def new(self) -> TestDatabase:
        """Create an empty database with the roles and schemas of a hosted project."""
        name = self._enter()
        if self.given:
            with closing(self._admin()) as admin, admin.cursor() as cursor:
                # Roles belong to the whole server, and two runs that change one at the same time fail. The lock is
                # released when the connection closes.
                cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [PREFIX])
                cursor.execute(f"CREATE DATABASE {sql.identifier(name)}")
                with closing(connect(self._at(name).url)) as connection:
                    local.bootstrap(connection)
        else:
            self._embedded.clone(name)
        return self._at(name)

    def shared(self, note: Path, migrate: Callable[[str], None]) -> TestDatabase:
        """Return a copy of a database that the first process of a run migrates for all others.

        The process that created it drops it when it ends. A later process creates it again if the first one was killed.

        Args:
            note: A file that the processes of the run share; it will hold the name of the migrated database.
            migrate: Brings the database of a URL to the newest schema.
        """
        from psycopg2.errors import InvalidCatalogName

        with locked(note.with_suffix(".lock")):  # the system releases it if its holder is killed
            if note.exists():
                try:
                    return self._copy(note.read_text())
                except InvalidCatalogName:
                    note.unlink()
            template = self.new()
            migrate(template.url)
            name = urlsplit(template.url).path[1:]
            self._close(name)
            copy = self._copy(name)
            note.write_text(name)
            return copy

    def _close(self, template: str) -> None:
        """End the sessions that a migration has left open, because a database in use cannot be copied."""
        with closing(self._admin()) as admin, admin.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = %s AND backend_type = 'client backend'",
                [template],
            )

    def _copy(self, template: str) -> TestDatabase:
        name = self._enter()
        with closing(self._admin()) as admin, admin.cursor() as cursor:
            if self.given:
                cursor.execute(f"CREATE DATABASE {sql.identifier(name)} TEMPLATE {sql.identifier(template)}")
            else:
                self._embedded.clone(name, template)
            _copy_settings(cursor, template, name)
        return self._at(name)

    def _enter(self) -> str:
        """Return the name of a database that will be created, and register it for dropping."""
        name = new_name(PREFIX)
        if not self.given:
            self._embedded.visit(name)
            if not self._swept:
                sweep(self._embedded, PREFIX)
                self._swept = True
        self.stack.enter_context(guarded(self._admin_url, name, visited=None if self.given else self._embedded))
        return name

    @cached_property
    def _embedded(self) -> LocalServer:
        return local.server()

    @property
    def _admin_url(self) -> str:
        return self.given or self._embedded.url("postgres", SUPERUSER)

    def _admin(self) -> Connection:
        connection = connect(self._admin_url)
        connection.autocommit = True
        return connection

    def _at(self, name: str) -> TestDatabase:
        if self.given:
            there = urlsplit(self.given)._replace(path=f"/{name}").geturl()
            return TestDatabase(there, there)
        return TestDatabase(self._embedded.url(name), self._embedded.url(name, SUPERUSER))


def _copy_settings(cursor: Cursor, template: str, name: str) -> None:
    """Apply to a copy what `ALTER DATABASE ... SET` set for the original, because PostgreSQL does not copy that.

    Source: https://www.postgresql.org/docs/17/manage-ag-templatedbs.html
    """
    cursor.execute(_SETTINGS, [template])
    for role, setting in cursor.fetchall():
        parameter, _, value = setting.partition("=")
        named = ".".join(sql.identifier(part) for part in parameter.split("."))
        whose = f"ROLE {sql.identifier(role)} IN DATABASE" if role else "DATABASE"
        written = value if parameter in _LISTS else sql.literal(value)  # a list stays as it is written
        cursor.execute(f"ALTER {whose} {sql.identifier(name)} SET {named} TO {written}")
