"""The pytest plugin: fixtures that cost nothing until a test uses one, and the option for the ready-made tests.

A project overrides a fixture to change what it does: `gatepost_migrate` for another way to the newest schema,
`gatepost_database` for another place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sqlmodel import Session
    from sqlmodel.ext.asyncio.session import AsyncSession

    from gatepost.project import Project
    from gatepost.testing.acting import Acting, ActingAs, RollingBack
    from gatepost.testing.coverage_report import CoverageReport
    from gatepost.testing.databases import Databases, TestDatabase

Migrate = Callable[[str, str], None]
"""A function that brings the database of a URL to a revision of Alembic."""
Seed = Callable[["Session"], None]
"""A function that adds rows to a session of SQLModel, itself or by a project's factories."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the plugin's options."""
    group = parser.getgroup("gatepost", "row security")
    with suppress(ValueError):  # a conftest.py may have an option of that name
        group.addoption("--gatepost-url", metavar="URL", help="test on this server; the account may create databases")
    group.addoption("--gatepost-checks", action="store_true", help="run Gatepost's ready-made checks too")
    group.addoption("--gatepost-coverage", action="store_true", help="report which policies no test exercised")
    group.addoption(
        "--gatepost-coverage-fail-under",
        type=float,
        metavar="PERCENT",
        help="fail if fewer commands of policies are exercised; implies --gatepost-coverage",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Add the ready-made tests to the collected ones, and record what the tests exercise, if requested."""
    if config.getoption("--gatepost-coverage") or config.getoption("--gatepost-coverage-fail-under") is not None:
        from gatepost.testing.coverage_report import CoverageReport

        config.pluginmanager.register(CoverageReport(config), "gatepost-coverage")
    if config.getoption("--gatepost-checks"):
        config.args.append(str(Path(__file__).with_name("checks.py")))


@pytest.fixture(scope="session")
def gatepost_project(pytestconfig: pytest.Config) -> Project:
    """Return the project under test, from `[tool.gatepost]`."""
    from gatepost.errors import SettingsError
    from gatepost.project import find_project

    project = find_project(pytestconfig.rootpath)
    if project is None:
        raise SettingsError(
            f'no pyproject.toml at or above "{pytestconfig.rootpath}" has a [tool.gatepost] table', "[tool.gatepost]"
        )
    return project


@pytest.fixture(scope="session")
def gatepost_migrate(gatepost_project: Project) -> Migrate:
    """Bring a database to a revision: `alembic upgrade`, or `downgrade` if the revision has a minus sign in front."""
    from gatepost.testing.migrating import migrate

    def run(url: str, revision: str = "head") -> None:
        migrate(gatepost_project.alembic_ini, url, revision)

    return run


@pytest.fixture(scope="session")
def _gatepost_databases(pytestconfig: pytest.Config) -> Iterator[Databases]:
    from gatepost.testing.databases import Databases

    with ExitStack() as stack:
        yield Databases(pytestconfig.getoption("--gatepost-url"), stack)


@pytest.fixture(scope="session")
def gatepost_new_database(_gatepost_databases: Databases) -> Callable[[], TestDatabase]:
    """Create an empty database like that of a hosted project. It is dropped when the run ends, however it ends."""
    return _gatepost_databases.new


@pytest.fixture(scope="session")
def gatepost_database(
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
    _gatepost_databases: Databases,
    gatepost_new_database: Callable[[], TestDatabase],
    gatepost_migrate: Migrate,
) -> TestDatabase:
    """Return the database of this process, migrated once. The workers of xdist get copies of one migrated database."""
    worker = getattr(pytestconfig, "workerinput", None)
    if worker is None or gatepost_new_database != _gatepost_databases.new:  # one process, or a place of the project's
        database = gatepost_new_database()
        gatepost_migrate(database.url, "head")
        return database
    what = f"{gatepost_migrate.__module__}.{gatepost_migrate.__qualname__}"
    note = f"gatepost-{worker['testrunuid']}-{sha256(what.encode()).hexdigest()[:8]}"
    shared = tmp_path_factory.getbasetemp().parent  # of all workers on this machine
    return _gatepost_databases.shared(shared / note, lambda url: gatepost_migrate(url, "head"))


@pytest.fixture(scope="session")
def _gatepost_connections(pytestconfig: pytest.Config) -> Iterator[dict[str, RollingBack]]:
    """Keep a connection per database, because folders of one run may each override `gatepost_database`."""
    opened: dict[str, RollingBack] = {}
    yield opened
    coverage: CoverageReport | None = pytestconfig.pluginmanager.get_plugin("gatepost-coverage")
    for connection in opened.values():
        if coverage is not None:
            connection.end_test()
            coverage.read(connection)
        connection.close()


@pytest.fixture
def gatepost_db(
    pytestconfig: pytest.Config, gatepost_database: TestDatabase, _gatepost_connections: dict[str, RollingBack]
) -> Iterator[RollingBack]:
    """Return a psycopg2 connection as the owner, which bypasses row security. A test's changes are rolled back."""
    from gatepost.testing.acting import open_connection

    url = gatepost_database.url
    if url not in _gatepost_connections:
        coverage: CoverageReport | None = pytestconfig.pluginmanager.get_plugin("gatepost-coverage")
        _gatepost_connections[url] = open_connection(url) if coverage is None else open_connection(url, coverage.cursor)
    connection = _gatepost_connections[url]
    connection.end_test()
    yield connection
    connection.end_test()


@pytest.fixture
def gatepost_session(gatepost_db: RollingBack) -> Iterator[Session]:
    """Return a SQLModel session on the connection of `gatepost_db`. Even what it commits is rolled back."""
    from gatepost.testing.sessions import session_on

    with session_on(gatepost_db) as session:
        yield session


@pytest.fixture
def gatepost_async_session(gatepost_db: RollingBack) -> Iterator[AsyncSession]:
    """Return `gatepost_session` with SQLAlchemy's asynchronous interface, on the same connection."""
    from gatepost.testing.sessions import async_session_on

    with async_session_on(gatepost_db) as session:
        yield session


@pytest.fixture(scope="session")
def gatepost_personas() -> dict[str, str]:
    """Return the ids of the users that try in the ready-made checks, by name: the owners for a project's own rows."""
    from gatepost.observation.attempt.personas import USERS

    return dict(USERS)


@pytest.fixture(scope="session")
def gatepost_seed() -> Seed:
    """Put rows into the database before the ready-made checks observe access; by default none.

    A project overrides it where a table takes only rows of its own making.
    """
    return lambda _session: None


@pytest.fixture
def _gatepost_acting(gatepost_db: RollingBack) -> Acting:
    from gatepost.testing.acting import Acting

    return Acting(gatepost_db)


@pytest.fixture
def as_user(_gatepost_acting: Acting) -> Callable[..., ActingAs[Any]]:
    """Act as a signed-in user inside a block. With `session=`, the block gets that session."""
    return _gatepost_acting.user


@pytest.fixture
def as_anon(_gatepost_acting: Acting) -> Callable[..., ActingAs[Any]]:
    """Act as a caller who is not signed in, inside a block."""
    return _gatepost_acting.anon


@pytest.fixture
def as_service(_gatepost_acting: Acting) -> Callable[..., ActingAs[Any]]:
    """Act as the backend, inside a block."""
    return _gatepost_acting.service
