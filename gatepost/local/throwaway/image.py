"""The image of a temporary server: stopped, shaped like a hosted project, with nothing foreign and one database."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.local import platform_sql
from gatepost.local.account import Account, give
from gatepost.local.binaries import Binaries
from gatepost.local.cluster import SUPERUSER as PLATFORM_SUPERUSER
from gatepost.local.cluster import Cluster
from gatepost.local.lock import locked

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

SUPERUSER = "gatepost_superuser"
LOGIN = "authenticator"  # the Data API's, which code may compare with session_user
LOADER = "gatepost_loader"  # where a project's own SQL is run, which may change `authenticator`
PLATFORM = "gatepost_platform"  # does what the platform's own extension does, while a project's SQL is run
OWN_ROLES = frozenset({SUPERUSER, LOADER, PLATFORM})
"""The roles of a temporary server that no hosted project has."""
DATABASE = "postgres"
HARMLESS_MEMBERSHIPS = ("pg_read_all_data", "pg_write_all_data", "pg_maintain")
"""Predefined roles of PostgreSQL about access to rows; all others are about the server or its files."""
_SETTINGS = (
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("autovacuum", "off"),
    ("shared_buffers", "32MB"),
    ("max_connections", "10"),
    ("superuser_reserved_connections", "0"),
    ("max_worker_processes", "0"),
    ("max_parallel_workers", "0"),
    ("max_logical_replication_workers", "0"),
    ("max_prepared_transactions", "0"),
    ("temp_file_limit", "512MB"),
    ("max_wal_size", "256MB"),
    ("dynamic_shared_memory_type", "mmap" if os.name != "nt" else "windows"),  # in the directory, so gone with it
    ("logging_collector", "off"),
    ("log_min_messages", "fatal"),  # messages of foreign code are not written to a file
    ("log_min_error_statement", "panic"),
)
_INITDB = ("--wal-segsize=1",)  # the write-ahead log is most of what has to be copied
_UNUSED_SECONDS = 30 * 24 * 3600
_REDUCE = """
DO $$
DECLARE
    name text;
    outer_role text;
BEGIN
    FOR name IN SELECT rolname FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' AND rolname <> current_user LOOP
        EXECUTE pg_catalog.format('ALTER ROLE %%I NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION', name);
    END LOOP;
    FOR outer_role, name IN
        SELECT r.rolname, m.rolname
          FROM pg_catalog.pg_auth_members a
          JOIN pg_catalog.pg_roles r ON r.oid = a.roleid
          JOIN pg_catalog.pg_roles m ON m.oid = a.member
         WHERE r.rolname ~ '^pg_' AND m.rolname !~ '^pg_' AND r.rolname <> ALL (%s)
    LOOP
        EXECUTE pg_catalog.format('REVOKE %%I FROM %%I', outer_role, name);
    END LOOP;
END
$$
"""


def image(home: Path, binaries: Binaries, account: Account | None) -> Path:
    """Return the image, which is created once for each build of PostgreSQL.

    Args:
        home: The directory of images and servers.
        binaries: The programs to run.
        account: The account that runs the server; None for one's own.
    """
    recipe = [
        str(binaries.directory),
        binaries.version,
        platform_sql.digest(),
        Path(__file__).read_text(encoding="utf-8"),
    ]
    directory = home / f"image-{binaries.major}-{hashlib.sha256(chr(0).join(recipe).encode()).hexdigest()[:12]}"
    if directory.exists():
        os.utime(directory)
        return directory
    with locked(home / "image.lock"):
        if directory.exists():
            return directory
        unused = [one for one in home.glob("image-*-*") if time.time() - one.stat().st_mtime > _UNUSED_SECONDS]
        for left in [*home.glob("partial-*"), *unused]:
            shutil.rmtree(left, ignore_errors=True)
        partial = home / f"partial-{secrets.token_hex(4)}"
        partial.mkdir(mode=0o700)
        give(partial, account)
        cluster = Cluster(partial, binaries, account, _SETTINGS, superuser=SUPERUSER, initdb=_INITDB)
        cluster.initialise()
        cluster.launch()
        try:
            _fill(cluster)
        finally:
            cluster.stop()
            if os.name != "nt":
                cluster.way.clear()
        cluster.log.unlink(missing_ok=True)
        partial.rename(directory)
    return directory


def _fill(cluster: Cluster) -> None:
    """Prepare the only database of the image, and revoke every privilege over the server."""
    with closing(connect_as(cluster, SUPERUSER)) as connection, connection, connection.cursor() as cursor:
        platform_sql.apply(connection, *platform_sql.ROLES)
        cursor.execute(f"SET SESSION AUTHORIZATION {sql.identifier(PLATFORM_SUPERUSER)}")  # the later owner
        platform_sql.apply(connection, *platform_sql.DATABASE)
        cursor.execute("RESET SESSION AUTHORIZATION")
        # Here the owners of platform tables create their own policies, so nothing needs to lend the tables.
        cursor.execute(
            "DROP EVENT TRIGGER gatepost_lend_platform_tables; DROP EVENT TRIGGER gatepost_return_platform_tables;"
            "DROP FUNCTION extensions.gatepost_lend_platform_tables();"
            "DROP FUNCTION extensions.gatepost_return_platform_tables();"
            "DROP FUNCTION extensions.gatepost_wanted_tables(text, text)"
        )
        cursor.execute(_REDUCE, [list(HARMLESS_MEMBERSHIPS)])
        cursor.execute(f"DROP ROLE {LOGIN}")
        for login in (LOGIN, LOADER):
            cursor.execute(f"CREATE ROLE {login} LOGIN BYPASSRLS CONNECTION LIMIT 4")
            cursor.execute(f"GRANT SET ON PARAMETER session_replication_role TO {login}")
        cursor.execute(f"REVOKE CREATE ON DATABASE {DATABASE} FROM PUBLIC")
    with closing(connect_as(cluster, SUPERUSER)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pg_catalog.pg_database SET datistemplate = false, datallowconn = datname = %s", [DATABASE]
            )
            cursor.execute("DROP DATABASE template0")
            cursor.execute("DROP DATABASE template1")


def connect_as(cluster: Cluster, user: str) -> Connection:
    """Return a connection to the only database of a temporary server."""
    import psycopg2

    return psycopg2.connect(cluster.url(DATABASE, user))
