"""Write the models of a database by sqlacodegen."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    MetaData,
    Table,
    create_engine,
    event,
    text,
    types,
)
from sqlalchemy.exc import SAWarning

from gatepost import sql
from gatepost.adopt.generator import generator_of
from gatepost.adopt.model_names import Key, ModelName
from gatepost.database.url import DatabaseUrl
from gatepost.declare.platform_tables import auth_users
from gatepost.errors import SettingsError
from gatepost.schema import PLATFORM_SCHEMAS, Schema

if TYPE_CHECKING:
    from sqlalchemy import Engine

MODULE = "models.tables"
_HIDDEN = """
SELECT c.relname FROM pg_catalog.pg_class c
 WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.relname = ANY (:names) ORDER BY 1
"""


@dataclass(frozen=True)
class Models:
    """The text of the models' module, how it names every table, and the columns whose type SQLAlchemy does not know."""

    text: str
    names: Mapping[Key, ModelName]
    untyped: tuple[str, ...] = ()


def write_models(url: DatabaseUrl, live: Schema, wanted: Iterable[Key]) -> Models:
    """Return the SQLModel classes of some tables.

    Args:
        url: The database, of which nothing but the catalog is read.
        live: Its schema, as it was read.
        wanted: The tables.

    Raises:
        SettingsError: sqlacodegen is not installed, or a table has the name of one of PostgreSQL's own.
    """
    wanted = list(wanted)
    metadata = _reflected(engine_of(url, live), live, wanted)
    generator = generator_of(metadata, live, frozenset(wanted))
    written = generator.generate()
    names = {}
    for model in generator.found:
        attributes = {one.column.name: one.name for one in getattr(model, "columns", ())}
        is_class = hasattr(model, "columns")
        if not is_class:
            attributes = {column.name: column.name for column in model.table.columns}
        name = ModelName(model.table, model.name, MODULE, attributes, is_class)
        names[name.key] = name
    untyped = (
        f"{'.'.join(key)}.{column.name}"
        for key, one in sorted(names.items())
        for column in one.table.columns
        if isinstance(column.type, types.NullType)
    )
    return Models(
        '"""The tables of the database, as they were found; written by `gatepost adopt`."""\n\n' + written,
        names,
        tuple(untyped),
    )


def engine_of(url: DatabaseUrl, live: Schema) -> Engine:
    """Return an engine whose connections search in `public` and in the platform's schemas that the database searches.

    Whoever runs Alembic searches there too, and PostgreSQL then prints `uuid_generate_v4()` without its schema.
    """
    import psycopg2

    arguments: dict[str, Any] = url.connect_arguments()
    engine = create_engine("postgresql+psycopg2://", creator=lambda: psycopg2.connect(**arguments))
    # What is in the search path is reflected without its schema, and of the project only `public` is to be.
    path = sql.identifiers(["public", *(name for name in live.search_path if name in PLATFORM_SCHEMAS)])

    @event.listens_for(engine, "connect")
    def _set_path(connection: Any, _record: object) -> None:  # noqa: ANN401
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path = {path}")
        connection.commit()

    return engine


def _reflected(engine: Engine, live: Schema, wanted: list[Key]) -> MetaData:
    metadata = MetaData()
    auth_users(metadata)
    for schema, name, columns in _foreign(live, wanted):
        if (name if schema == "public" else f"{schema}.{name}") not in metadata.tables:
            known = None if schema == "public" else schema
            Table(name, metadata, *(Column(one, types.NullType()) for one in columns), schema=known)
    with closing_engine(engine), warnings.catch_warnings():
        # A column of a type that SQLAlchemy does not know is listed, which says more than a warning.
        warnings.filterwarnings("ignore", "Did not recognize type", SAWarning)
        _refuse_hidden(engine, wanted)
        for schema in sorted({schema for schema, _ in wanted}):
            names = [name for one, name in wanted if one == schema]
            metadata.reflect(engine, schema=None if schema == "public" else schema, only=names, resolve_fks=True)
    return metadata


def _refuse_hidden(engine: Engine, wanted: list[Key]) -> None:
    """Refuse tables that a relation of PostgreSQL's own hides from whoever names no schema, as SQLAlchemy does."""
    names = [name for schema, name in wanted if schema == "public" and name.startswith("pg_")]
    with engine.connect() as connection:
        hidden = connection.execute(text(_HIDDEN), {"names": names}).scalars().all() if names else ()
    if hidden:
        raise SettingsError(
            f'"public.{hidden[0]}" has the name of a table of PostgreSQL\'s own, so that SQLAlchemy does not find it',
            "rename it, or name the tables to adopt with --only",
        )


@contextmanager
def closing_engine(engine: Engine) -> Iterator[Engine]:
    """Dispose of an engine when the block ends."""
    try:
        yield engine
    finally:
        engine.dispose()


def _foreign(live: Schema, wanted: list[Key]) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    """Yield the tables that a foreign key refers to and that get no model: the platform's, and those left alone."""
    for key in wanted:
        table = live.table(*key)
        for constraint in table.constraints if table is not None else ():
            if constraint.references is not None and constraint.references[:2] not in wanted:
                yield constraint.references
