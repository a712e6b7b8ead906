"""Ready-made tests: `from gatepost.testing.checks import *` in a test file, or `pytest --gatepost-checks`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlmodel import Session

    from gatepost.finding import Result
    from gatepost.project import Project
    from gatepost.testing.databases import TestDatabase

__all__ = [
    "test_every_table_is_protected",
    "test_migrations_go_down_and_up_again",
    "test_nothing_has_drifted",
    "test_observed_equals_declared",
]

_PROTECTION = ("row-security-off", "undeclared-table")


def test_every_table_is_protected(gatepost_database: TestDatabase, gatepost_project: Project) -> None:
    """Row security is on for every table, and every table is declared."""
    _assert_clean(_verified(gatepost_database, gatepost_project, _PROTECTION))


def test_nothing_has_drifted(gatepost_database: TestDatabase, gatepost_project: Project) -> None:
    """The policies, grants and settings of the migrated database are the declared ones."""
    _assert_clean(_verified(gatepost_database, gatepost_project, ("drift", "missing-table")))


def test_migrations_go_down_and_up_again(
    gatepost_new_database: Callable[[], TestDatabase], gatepost_migrate: Callable[[str, str], None]
) -> None:
    """Every revision can be downgraded, and upgrading again gives the same database."""
    from gatepost.database.connect import connect
    from gatepost.reflect import reflect

    database = gatepost_new_database()
    schemas = []
    for revision in ("head", "-base", "head"):
        gatepost_migrate(database.url, revision)
        with closing(connect(database.url)) as connection:
            schemas.append(reflect(connection))
    first = {table.key: (table.row_security, table.policies, set(table.grants)) for table in schemas[0].tables}
    again = {table.key: (table.row_security, table.policies, set(table.grants)) for table in schemas[2].tables}
    assert again == first  # noqa: S101  this is a test


def test_observed_equals_declared(
    gatepost_database: TestDatabase, gatepost_project: Project, gatepost_seed: Callable[[Session], None]
) -> None:
    """Every persona can access exactly the rows that the declaration allows, as tried on the database."""
    from gatepost.database.connect import connect
    from gatepost.name_hints import added_words
    from gatepost.observation.run import Scope, run_inside
    from gatepost.testing.sessions import session_on

    with closing(connect(gatepost_database.superuser_url)) as connection, session_on(connection) as session:
        gatepost_seed(session)  # in the transaction that is rolled back at the end
        session.commit()
        with added_words(gatepost_project.name_hints), connection.cursor() as cursor:
            _assert_clean(run_inside(cursor, Scope(gatepost_project.declaration())))


def _verified(database: TestDatabase, project: Project, names: tuple[str, ...]) -> Result:
    from gatepost.database.connect import connect
    from gatepost.rules import all_rules
    from gatepost.verification import verify

    rules = [rule for rule in all_rules() if rule.name in names]
    # A test database may be written to, so that no other server is needed.
    with closing(connect(database.url)) as connection:
        return verify(
            connection,
            declaration=project.declaration(),
            rules=rules,
            print_there=True,
            words=project.name_hints,
        )


def _assert_clean(result: Result) -> None:
    from gatepost.report.text import render

    assert not result.fails(), "\n" + render(result)  # noqa: S101  this is a test
