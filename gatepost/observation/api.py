"""The access matrix as a call: an address is observed on a clone of its schema, a connection in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from gatepost.database.connect import connect, raw
from gatepost.database.url import DatabaseUrl
from gatepost.declare.declaration import Declaration
from gatepost.finding import NotChecked, Result
from gatepost.observation.attempt.configured_personas import configured, known
from gatepost.observation.clone import filled_clone
from gatepost.observation.clone.disposable import refuse_unless_disposable
from gatepost.observation.clone.in_place import lacking_in_place
from gatepost.observation.run import run
from gatepost.project import Project, find_project
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
    run_here = run_for(find_project(), personas, declaration)
    if isinstance(database, str):
        database = target_url(database)
    if isinstance(database, DatabaseUrl):
        return on_a_clone(database, partial(run_here, target=database.masked), progress)
    connection = raw(database)
    refuse_unless_disposable(connection, "give gatepost.observe() the address, which is observed on a clone")
    return run_here(connection, not_cloned=lacking_in_place(connection), progress=progress)


def run_for(
    project: Project | None, names: Iterable[str], declaration: Declaration | None = None
) -> Callable[..., Result]:
    """Return `run` with what a project says: its declaration, its personas, and its words in names.

    Args:
        project: The project, if any.
        names: The names of the personas to try; without any, all.
        declaration: What is declared, instead of the project's declaration.

    Raises:
        DeclarationError: the declaration is wrong.
        SettingsError: a persona is wrong, or a name is none's.
    """
    names = tuple(names)
    own = configured(project.personas) if project is not None else ()
    known(names, own)
    if declaration is None and project is not None:
        declaration = project.declaration()
    words = project.name_hints if project is not None else None
    return partial(run, declaration=declaration, personas=own, names=names, words=words)


def on_a_clone(
    url: DatabaseUrl,
    run_there: Callable[..., Result],
    progress: Callable[[str], None],
    *,
    made: bool = False,
    rows_of: Sequence[str] = (),
    missing: Iterable[NotChecked] = (),
) -> Result:
    """Observe a clone of a database's schema, with a persona for each role that a token of this database can name.

    Args:
        url: The database, which is only read.
        run_there: From `run_for`.
        progress: Called with the name of each step.
        made: Whether it is a temporary server of ours, on which a project's SQL was run.
        rows_of: The tables of a live database whose rows are copied, as `schema.table`.
        missing: What the database lacks already.

    Raises:
        DatabaseUnreachable: the database cannot be read, or the clone not be created.
        SettingsError: one of the tables is not there.
    """
    progress("cloning the schema")
    with (
        filled_clone(url, made=made, rows_of=rows_of) as clone,
        closing(connect(clone.url, application_name="gatepost observe")) as connection,
    ):
        not_cloned = (*clone.missing, *missing)
        return run_there(connection, not_cloned=not_cloned, roles=clone.roles, progress=progress)
