"""The access matrix as a call: an address is observed on a clone of its schema, a connection in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING

from gatepost.database.connect import connect, raw
from gatepost.database.url import DatabaseUrl
from gatepost.declare.declaration import Declaration
from gatepost.finding import Result
from gatepost.observation.attempt.configured_personas import configured, known
from gatepost.observation.clone import schema_clone
from gatepost.observation.clone.disposable import refuse_unless_disposable
from gatepost.observation.run import run
from gatepost.project import find_project
from gatepost.target import target_url

if TYPE_CHECKING:
    from gatepost.database.connect import AnyConnection


def observe(
    database: str | DatabaseUrl | AnyConnection,
    *,
    declaration: Declaration | None = None,
    personas: Iterable[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Result:
    """Plant rows, try every command on them as every persona, and report who can read and write what.

    The database behind an address is only read: its schema is cloned into a server of its own, which is removed
    afterwards. The database behind a connection is observed in place, in a transaction that is rolled back; it must
    say that it is disposable, and hold no rows.

    Args:
        database: The address, or a psycopg2 connection, a SQLAlchemy connection or session, in no transaction.
        declaration: What was declared; without it, that of the project that holds the current folder, if any. Where
            nothing is declared, access is compared with who owns which rows.
        personas: The names of the personas to try; without any, all. Those of `[tool.gatepost.personas]` count.
        progress: Called with the name of each step.

    Returns:
        The findings, what was not observed, and the access matrix in `sections["matrix"]`.

    Raises:
        DatabaseUnreachable: the database cannot be read, its role cannot do this, or the user of a connection is a
            superuser or may become one.
        DeclarationError: the declaration is wrong.
        NotDisposable: the database behind a connection does not say that it is disposable, or holds rows.
        SettingsError: the address or the name of a persona is wrong.
    """
    project = find_project()
    if declaration is None and project is not None:
        declaration = project.declaration()
    own, names = configured(project.personas) if project is not None else (), tuple(personas)
    known(names, own)
    observed = partial(run, declaration=declaration, personas=own, names=names, progress=progress)
    if isinstance(database, str):
        database = target_url(database)
    if isinstance(database, DatabaseUrl):
        return _on_a_clone(database, observed, progress)
    connection = raw(database)
    refuse_unless_disposable(connection)
    return observed(connection)


def _on_a_clone(url: DatabaseUrl, observed: Callable[..., Result], progress: Callable[[str], None]) -> Result:
    progress("cloning the schema")
    with ExitStack() as stack:
        clone = stack.enter_context(schema_clone(url))
        connection = stack.enter_context(closing(connect(clone.url, application_name="gatepost observe")))
        return observed(connection, target=url.masked, not_cloned=clone.missing)
