"""Real databases for tests.

One PostgreSQL is started for a test run, when the first test asks for it, and shared by the workers of xdist. Every
test gets a database of its own: a copy, made in some 50 ms, of a template shaped like a hosted Supabase project.

`database_url`    that copy, as `postgres`: not a superuser, BYPASSRLS, owner of the database. Migrate as this one.
`superuser_url`   the same copy, as a superuser (`supabase_admin`), for what only the platform can do.
`connection`      psycopg2, open on `database_url`, closed afterwards.
`rolled_back`     psycopg2 as `postgres` on a database that tests share, in one transaction of which nothing stays. Take
                  it where nothing has to be committed: no database is made, and the session is warm.
`rolled_back_as_superuser`   the same, as a superuser.
`new_database`    for more than one database or another life span: `with new_database("old") as url: ...`.
`server`          `.url(database, user)` for any other database and role of the server.

Roles belong to the whole cluster, not to a database: a test that makes a role must give it a name that no other test
uses, and drop it. Roles of the platform (anon, authenticated, service_role, ...) are there and must stay as they are.

    pytest --gatepost-pg-bin /usr/lib/postgresql/15/bin      another PostgreSQL
    pytest --gatepost-url postgresql://supabase_admin@host   another server; needs a superuser, not named postgres
"""

import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

import psycopg2
import pytest

from gatepost.local import template
from gatepost.local.account import give, unprivileged
from gatepost.local.binaries import Binaries
from gatepost.local.cluster import SUPERUSER, Cluster
from gatepost.local.lock import locked
from tests.programs import programs

PREFIX = "gatepost-tests-"
ROOM = 4 << 30
STARTS_A_SERVER = {"_run", "binaries", "ground", "spare_server"}
"""Fixtures: a test that uses one, itself or through another, needs PostgreSQL."""
THROWAWAY = (
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("max_connections", "60"),
    ("autovacuum", "off"),
)


class Server(Protocol):
    def url(self, database: str, user: str) -> str: ...


@dataclass(frozen=True)
class GivenServer:
    """A server that somebody else runs, named by --gatepost-url."""

    superuser_url: str
    password: str = "gatepost-tests"

    def url(self, database, user):
        parts = urlsplit(self.superuser_url)
        place = parts.netloc.rpartition("@")[2]
        who = parts.netloc.rpartition("@")[0] if user == SUPERUSER else f"{quote(user, safe='')}:{self.password}"
        return parts._replace(netloc=f"{who}@{place}" if who else place, path=f"/{quote(database, safe='')}").geturl()


@dataclass(frozen=True)
class Run:
    """One test run: what its processes share."""

    directory: Path
    binaries: Binaries | None
    given: GivenServer | None

    @property
    def name(self) -> str:
        return self.directory.name.removeprefix(PREFIX)

    @property
    def server(self) -> Server:
        return self.given or Cluster(self.directory, self.binaries, unprivileged(), THROWAWAY)

    def template(self, profile: str) -> str:
        return f"gp_{self.name}_{profile}"

    def start(self) -> None:
        """Start the server and build its templates, in whichever process comes first."""
        with locked(self.directory / "start.lock"):
            done = self.directory / "started"
            if done.exists():
                return
            if isinstance(self.server, Cluster):
                self.server.initialise()
                self.server.launch()
            for profile in ("new", "old"):
                template.build(self.connect, self.template(profile), profile)
            if self.given:
                with closing(self.connect("postgres")) as connection, connection, connection.cursor() as cursor:
                    cursor.execute("ALTER ROLE postgres PASSWORD %s", [self.given.password])
            done.touch()

    def connect(self, database: str):
        return psycopg2.connect(self.server.url(database, SUPERUSER))

    def end(self) -> None:
        if self.given and (self.directory / "started").exists():
            with closing(self.connect("postgres")) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"gp_{self.name}_"]
                    )
                    for (name,) in cursor.fetchall():
                        template.drop(connection, name)
        remove(self.directory)


def parents() -> list[Path]:
    """Where runs make their directories, the first choice first: in memory, where a database is made ten times faster.

    TMPDIR decides where it is set. A small /dev/shm, which is a container's default, would fill up.
    """
    usual, memory = Path(tempfile.gettempdir()), Path("/dev/shm")
    if "TMPDIR" in os.environ or not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < ROOM:
        return [usual]
    return [memory, usual]


def remove(directory: Path) -> None:
    """Stop the servers of a run, if there are any, and remove its directory."""
    for pattern in ("data/postmaster.pid", "*/data/postmaster.pid", "*/*/*/data/postmaster.pid"):
        for file in directory.glob(pattern):
            Cluster(file.parent.parent, programs(), unprivileged()).stop()
    shutil.rmtree(directory, ignore_errors=True)


def sweep(places: list[Path]) -> None:
    """Remove what killed runs left: the lock of a run that is alive is held by it."""
    for directory in (found for place in places for found in place.glob(f"{PREFIX}*")):
        try:
            owner = directory.stat().st_uid
        except FileNotFoundError:  # another run swept it first
            continue
        if owner not in (os.geteuid(), getattr(unprivileged(), "uid", -1)):
            continue
        with locked(directory / "alive.lock", wait=False) as dead:
            if dead:
                remove(directory)


RUN = pytest.StashKey[Run]()
ALIVE = pytest.StashKey[ExitStack]()


def pytest_addoption(parser):
    group = parser.getgroup("gatepost")
    group.addoption("--record", action="store_true", help="record what is said of the scenarios, and do not compare it")
    with suppress(ValueError):  # the plugin that is tested here has an option of the same name and meaning
        group.addoption("--gatepost-url", metavar="URL", help="test on this server; needs a superuser")
    group.addoption("--gatepost-pg-bin", metavar="DIR", type=Path, help="run the PostgreSQL in this directory")


def pytest_configure(config):
    url = config.getoption("--gatepost-url")
    given = GivenServer(url) if url else None
    binaries = None if given else programs(config.getoption("--gatepost-pg-bin"))
    shared = getattr(config, "workerinput", {}).get("gatepost_run")
    if shared:
        config.stash[RUN] = Run(Path(shared), binaries, given)
        return
    places = parents()
    sweep(places)
    directory = places[0] / f"{PREFIX}{uuid.uuid4().hex[:8]}"
    directory.mkdir(mode=0o700)
    give(directory, unprivileged())
    config.stash[RUN] = Run(directory, binaries, given)
    alive = config.stash[ALIVE] = ExitStack()
    alive.enter_context(locked(directory / "alive.lock"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["gatepost_run"] = str(node.config.stash[RUN].directory)


def pytest_unconfigure(config):
    alive = config.stash.get(ALIVE, None)
    if alive is not None:
        config.stash[RUN].end()
        alive.close()


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items):
    """Mark what needs a server: `make quick` leaves it out."""
    for item in items:
        if not STARTS_A_SERVER.isdisjoint(item.fixturenames):
            item.add_marker("server")


def pytest_report_header(config):
    run = config.stash[RUN]
    if run.binaries:
        return f"PostgreSQL {run.binaries.version} ({run.binaries.directory})"
    with closing(run.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]} (--gatepost-url)"


@pytest.fixture(scope="session")
def _run(pytestconfig) -> Run:
    if "not server" in pytestconfig.getoption("-m"):
        pytest.fail("a test without the mark `server` asks for a server: mark it (request.getfixturevalue hides that)")
    run = pytestconfig.stash[RUN]
    run.start()
    return run


@pytest.fixture
def ground(pytestconfig) -> Iterator[Path]:
    """A directory that the server's account can enter too, as pytest's own cannot be by any but its owner."""
    directory = pytestconfig.stash[RUN].directory / f"ground-{uuid.uuid4().hex[:6]}"
    directory.mkdir()
    directory.chmod(0o755)
    yield directory
    remove(directory)


@pytest.fixture(scope="session")
def server(_run) -> Server:
    """The server of this test run: `.url(database, user)`."""
    return _run.server


def await_leaving(connection, database: str) -> None:
    """Wait until the sessions that were closed have left: DROP DATABASE looks again only after 100 ms."""
    with connection.cursor() as cursor:
        for _ in range(50):
            cursor.execute("SELECT FROM pg_stat_activity WHERE datname = %s", [database])
            if not cursor.rowcount:
                return
            time.sleep(0.002)


@pytest.fixture(scope="session")
def _clone(_run) -> Iterator[Callable[[str], AbstractContextManager[str]]]:
    """Make a database and drop it afterwards; gives its name."""
    with closing(_run.connect("postgres")) as connection:
        connection.autocommit = True

        @contextmanager
        def clone(profile="new"):
            name = f"gp_{_run.name}_{uuid.uuid4().hex[:12]}"
            template.clone(connection, _run.template(profile), name)
            try:
                yield name
            finally:
                await_leaving(connection, name)
                template.drop(connection, name)

        yield clone


@pytest.fixture(scope="session")
def new_database(_clone, server):
    """A database of its own, as `postgres`: `with new_database("old") as url: ...` (default "new")."""

    @contextmanager
    def make(profile="new"):
        with _clone(profile) as name:
            yield server.url(name, "postgres")

    return make


@pytest.fixture
def _database(_clone) -> Iterator[str]:
    with _clone() as name:
        yield name


@pytest.fixture
def database_url(_database, server) -> str:
    """A hosted-shaped database of the test's own, as `postgres` (not a superuser)."""
    return server.url(_database, "postgres")


@pytest.fixture
def lent_url(database_url: str) -> str:
    """The database as `postgres`, where that may run the code of a policy: before 16 its CREATEROLE is too much."""
    with closing(psycopg2.connect(database_url)) as connection:
        if connection.server_version < 160000:
            pytest.skip("before 16, CREATEROLE is enough to join a role that runs programs")
    return database_url


@pytest.fixture
def superuser_url(_database, server) -> str:
    """The database of `database_url`, as a superuser."""
    return server.url(_database, SUPERUSER)


@pytest.fixture
def connection(database_url) -> Iterator["psycopg2.extensions.connection"]:
    """psycopg2 on `database_url`; what is not committed is rolled back."""
    with closing(psycopg2.connect(database_url)) as connection:
        yield connection


class RolledBack(psycopg2.extensions.connection):
    """A connection to a database that tests share: it cannot commit."""

    def commit(self):
        raise AssertionError("this database is shared with other tests: to commit, take the fixture `connection`")

    def __setattr__(self, name, value):
        if name == "autocommit":
            raise AssertionError("this database is shared with other tests: for autocommit, take `connection`")
        super().__setattr__(name, value)


@pytest.fixture(scope="session")
def _shared(_clone, server) -> Iterator[Callable[[str], RolledBack]]:
    """Open the sessions of the shared database, one a user."""
    with ExitStack() as stack:
        name = stack.enter_context(_clone())

        @cache
        def session(user):
            url = server.url(name, user)
            return stack.enter_context(closing(psycopg2.connect(url, connection_factory=RolledBack)))

        yield session


@contextmanager
def _undone(connection: RolledBack) -> Iterator[RolledBack]:
    try:
        yield connection
    finally:
        connection.reset()  # rolls back and forgets what was set


@pytest.fixture
def rolled_back(_shared) -> Iterator[RolledBack]:
    """psycopg2 as `postgres` on a database that tests share; what a test does is rolled back."""
    with _undone(_shared("postgres")) as connection:
        yield connection


@pytest.fixture
def rolled_back_as_superuser(_shared) -> Iterator[RolledBack]:
    """The shared database of `rolled_back`, as a superuser."""
    with _undone(_shared(SUPERUSER)) as connection:
        yield connection
