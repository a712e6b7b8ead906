"""Start a temporary server for foreign SQL, and remove it afterwards; it contains no other database.

It is a copy of an image that initdb created once. The image looks like a hosted project and contains nothing foreign.
Foreign SQL runs as a role without any privilege over the server. The superuser prepares the server and can then no
longer log in (`seal`), so nothing foreign can run as it. A second process ends the server when the process that
started it ends, or when the server exceeds its time or disk limit.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.errors import LocalServerError
from gatepost.local import platform_sql, server_directory
from gatepost.local.account import Account, give, unprivileged
from gatepost.local.binaries import Binaries, usable_by
from gatepost.local.cluster import SUPERUSER as PLATFORM_SUPERUSER
from gatepost.local.cluster import Cluster
from gatepost.local.lock import locked
from gatepost.local.process import is_server_of
from gatepost.local.standins import with_standins
from gatepost.local.transport import UnixSocket
from gatepost.local.visitors import alive

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

SUPERUSER = "gatepost_superuser"
LOGIN = "authenticator"  # the Data API's, which code may compare with session_user
DATABASE = "postgres"
HARMLESS_MEMBERSHIPS = ("pg_read_all_data", "pg_write_all_data", "pg_maintain")
"""Predefined roles of PostgreSQL about access to rows; all others are about the server or its files."""
_MEGABYTE = 1 << 20
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
_MEMORY = 2048 * _MEGABYTE
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


@dataclass(frozen=True)
class Throwaway:
    """A running server that is removed when its block ends.

    Args:
        cluster: The server.
        password: That of the only role that may log in once the server is sealed.
        guard: The process that ends it.
    """

    cluster: Cluster
    password: str
    guard: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """The URL for foreign SQL: the only database, as the role without privileges over the server."""
        found = self.cluster.url(DATABASE, LOGIN)
        return found.replace("@/", f":{self.password}@/", 1) if os.name != "nt" else found

    def admin(self) -> Connection:
        """Return a connection as the superuser, before the server is sealed."""
        return _connect(self.cluster, SUPERUSER)

    def seal(self, admin: Connection) -> None:
        """Forbid the superuser to log in, and commit; close the given connection afterwards.

        Args:
            admin: From `admin`, in a transaction or not.
        """
        with admin.cursor() as cursor:
            cursor.execute(f"ALTER ROLE {LOGIN} PASSWORD %s", [self.password])
            cursor.execute(f"ALTER ROLE {SUPERUSER} NOLOGIN")
        admin.commit()

    def ended(self) -> str:
        """End the server and return why it was ended early, or the empty string."""
        said, _ = self.guard.communicate()  # closes its input, which is the signal to clean up
        return said.decode().strip()


@contextmanager
def throwaway(binaries: Binaries, *, seconds: float, room: int) -> Iterator[Throwaway]:
    """Start a server, and remove it when the block or this process ends, even if it is killed.

    Args:
        binaries: The programs to run.
        seconds: How long it may run.
        room: Bytes that it may use on the disk.

    Raises:
        LocalServerError: it cannot be started.
    """
    account = unprivileged()
    home = _home(account)
    usable = usable_by(binaries, account, server_directory.cache(account)) if account is not None else binaries
    usable = with_standins(usable, home)
    image = _image(home, usable, account)
    _sweep(home, usable, account)
    directory = home / f"server-{os.getpid()}-{secrets.token_hex(4)}"
    guard = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-I", str(Path(__file__).with_name("throwaway_process.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C ends this process, and the guard cleans up
    )
    assert guard.stdin is not None  # noqa: S101  opened above
    cluster = Cluster(directory, usable, account, superuser=SUPERUSER, memory=_MEMORY)
    beside = str(cluster.way.place) if isinstance(cluster.way, UnixSocket) else str(directory)
    orders = {"directory": str(directory), "socket": beside, "seconds": seconds, "room": room}
    guard.stdin.write(json.dumps(orders).encode() + b"\n")
    guard.stdin.flush()
    try:
        _copy(image, directory, account)
        password = secrets.token_urlsafe(24) if os.name != "nt" else str(cluster.way.password)
        _let_in(cluster)
        cluster.launch()
        guard.stdin.write(b"started\n")
        guard.stdin.flush()
        yield Throwaway(cluster, password, guard)
    finally:
        guard.communicate()


def _home(account: Account | None) -> Path:
    """Return the directory of images and servers: in the cache or, if there is none, a private temporary one."""
    try:
        directory = server_directory.cache(account) / "throwaway"
    except LocalServerError:  # a home that does not exist, or that may not be written
        user = getpass.getuser() if os.name == "nt" else os.geteuid()
        directory = Path(tempfile.gettempdir()) / f"gatepost-throwaway-{user}"
    directory.mkdir(mode=0o700, exist_ok=True)
    entry = directory.lstat()
    if os.name != "nt" and (not stat.S_ISDIR(entry.st_mode) or entry.st_uid != os.geteuid()):
        raise LocalServerError(
            f'"{directory}" is needed for temporary servers, and belongs to somebody else',
            "set XDG_CACHE_HOME to a directory that can be written",
        )
    directory.chmod(0o711 if account is not None else 0o700)
    return directory


def _image(home: Path, binaries: Binaries, account: Account | None) -> Path:
    """Return the image: a stopped server like a hosted project, created once for each build of PostgreSQL."""
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
    with closing(_connect(cluster, SUPERUSER)) as connection, connection, connection.cursor() as cursor:
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
        cursor.execute(f"DROP ROLE {LOGIN}; CREATE ROLE {LOGIN} LOGIN BYPASSRLS CONNECTION LIMIT 4")
        cursor.execute(f"GRANT SET ON PARAMETER session_replication_role TO {LOGIN}")
        cursor.execute(f"REVOKE CREATE ON DATABASE {DATABASE} FROM PUBLIC")
    with closing(_connect(cluster, SUPERUSER)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pg_catalog.pg_database SET datistemplate = false, datallowconn = datname = %s", [DATABASE]
            )
            cursor.execute("DROP DATABASE template0")
            cursor.execute("DROP DATABASE template1")


def _connect(cluster: Cluster, user: str) -> Connection:
    import psycopg2

    return psycopg2.connect(cluster.url(DATABASE, user))


def _copy(image: Path, directory: Path, account: Account | None) -> None:
    for folder, _, files in os.walk(image):
        target = directory / Path(folder).relative_to(image)
        target.mkdir(mode=0o700)
        give(target, account)
        for name in files:
            copy = f"{target}/{name}"
            shutil.copyfile(f"{folder}/{name}", copy)
            if account is not None:
                os.chown(copy, account.uid, account.gid)


def _let_in(cluster: Cluster) -> None:
    """Let in the superuser, until the server is sealed, and one role with its password."""
    if os.name == "nt":
        how, first, where = "host", "scram-sha-256", " 127.0.0.1/32"
    else:  # only the server's own account and root can use the socket
        how, first, where = "local", "trust", ""
    (cluster.data / "pg_hba.conf").write_text(
        f"{how} {DATABASE} {SUPERUSER}{where} {first}\n{how} {DATABASE} {LOGIN}{where} scram-sha-256\n"
    )


def _sweep(home: Path, binaries: Binaries, account: Account | None) -> None:
    """End and remove the servers of processes that are gone, after a crash of the machine."""
    for directory in home.glob("server-*"):
        pid = directory.name.split("-")[1]
        if pid.isdigit() and not alive(int(pid)):
            cluster = Cluster(directory, binaries, account)
            with suppress(LocalServerError):
                if (number := cluster.pid()) is not None and is_server_of(number, cluster.data):
                    cluster.stop()
            shutil.rmtree(directory, ignore_errors=True)
