"""Write the models of a database by sqlacodegen, with what its generator loses by itself.

Measured on 23 databases: it loses the order of an index's columns (DESC) and the expressions of an index, and makes
a class of a table whose key is its foreign key a subclass, in which the table vanishes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, Table, TextClause, UnaryExpression, create_engine, event, types
from sqlalchemy.dialects.postgresql import DOMAIN

from gatepost import sql
from gatepost.adopt.model_names import Key, ModelName
from gatepost.database.url import DatabaseUrl
from gatepost.declare.platform_tables import auth_users
from gatepost.errors import SettingsError
from gatepost.migrate.env import LEFT_ALONE
from gatepost.schema import Index as LiveIndex
from gatepost.schema import Schema

if TYPE_CHECKING:
    from sqlalchemy import Engine

OPTIONS = ("nojoined", "nonativeenums", "nosyntheticenums", "nobidi")
MODULE = "models.tables"
_ORDER = re.compile(r"(?: DESC)?(?: NULLS (?:FIRST|LAST))?\Z")
_NOT_A_COLUMN = re.compile(r"[^\w\"]")


@dataclass(frozen=True)
class Models:
    """The text of the models' module, and how it names every table."""

    text: str
    names: Mapping[Key, ModelName]


def write_models(url: DatabaseUrl, live: Schema, wanted: Iterable[Key]) -> Models:
    """Return the SQLModel classes of some tables.

    Args:
        url: The database, of which nothing but the catalog is read.
        live: Its schema, as it was read.
        wanted: The tables.

    Raises:
        SettingsError: sqlacodegen is not installed.
    """
    wanted = list(wanted)
    metadata = _reflected(_engine(url), live, wanted)
    generator = _generator(metadata, live, frozenset(wanted))
    written = generator.generate()
    names = {}
    for model in generator.found:
        attributes = {one.column.name: one.name for one in getattr(model, "columns", ())}
        is_class = hasattr(model, "columns")
        if not is_class:
            attributes = {column.name: column.name for column in model.table.columns}
        name = ModelName(model.table, model.name, MODULE, attributes, is_class)
        names[name.key] = name
    return Models(
        '"""The tables of the database, as they were found; written by `gatepost adopt`."""\n\n' + written, names
    )


def _engine(url: DatabaseUrl) -> Engine:
    import psycopg2

    arguments: dict[str, Any] = url.connect_arguments()
    engine = create_engine("postgresql+psycopg2://", creator=lambda: psycopg2.connect(**arguments))

    @event.listens_for(engine, "connect")
    def _set_path(connection: Any, _record: object) -> None:  # noqa: ANN401
        with connection.cursor() as cursor:
            # What is in the search path is reflected without its schema, and only `public` is to be.
            cursor.execute("SET search_path = public")
        connection.commit()

    return engine


def _reflected(engine: Engine, live: Schema, wanted: list[Key]) -> MetaData:
    metadata = MetaData()
    auth_users(metadata)
    for schema, name, columns in _foreign(live, wanted):
        if (name if schema == "public" else f"{schema}.{name}") not in metadata.tables:
            known = None if schema == "public" else schema
            Table(name, metadata, *(Column(one, types.NullType()) for one in columns), schema=known)
    try:
        for schema in sorted({schema for schema, _ in wanted}):
            names = [name for one, name in wanted if one == schema]
            metadata.reflect(engine, schema=None if schema == "public" else schema, only=names, resolve_fks=True)
    finally:
        engine.dispose()
    return metadata


def _foreign(live: Schema, wanted: list[Key]) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    """Yield the tables that a foreign key refers to and that get no model: the platform's, and those left alone."""
    for key in wanted:
        table = live.table(*key)
        for constraint in table.constraints if table is not None else ():
            if constraint.references is not None and constraint.references[:2] not in wanted:
                yield constraint.references


def _generator(metadata: MetaData, live: Schema, wanted: frozenset[Key]) -> Any:  # noqa: ANN401  sqlacodegen is an extra
    try:
        from sqlacodegen.generators import SQLModelGenerator
    except ModuleNotFoundError:
        raise SettingsError(
            "sqlacodegen, which writes the models, is not installed", "pip install 'gatepost[adopt]'"
        ) from None

    class Generator(SQLModelGenerator):  # type: ignore[misc, unused-ignore]
        """sqlacodegen's generator, without relationships, and with the tables of the platform as they are."""

        found: list[Any]

        def generate_models(self) -> list[Any]:
            self.found = [one for one in super().generate_models() if _key(one.table) in wanted]
            return list(self.found)

        def generate_relationships(self, *_arguments: Any, **_named: Any) -> list[Any]:  # noqa: ANN401
            """Write none: they are a matter of taste, and a wrong one ends the import of all models."""
            return []

        def render_module_variables(self, models: list[Any]) -> str:
            lines = [str(super().render_module_variables(models))]
            for key, table in sorted(metadata.tables.items()):
                if _key(table) not in wanted and _is_referred_to(table, metadata):
                    lines.append(self._stand_in(key, table))
            return "\n".join(line for line in lines if line)

        def _stand_in(self, key: str, table: Table) -> str:
            if key == "auth.users":
                self.add_literal_import("gatepost", "auth_users")
                self.add_literal_import("sqlmodel", "SQLModel")
                return "auth_users(SQLModel.metadata)  # the platform's table, for foreign keys"
            for word in ("Column", "Table"):
                self.add_literal_import("sqlalchemy", word)
            columns = ", ".join(f"Column({column.name!r})" for column in table.columns)
            more = f"schema={table.schema!r}, info={{{LEFT_ALONE!r}: True}}"
            return f"Table({table.name!r}, SQLModel.metadata, {columns}, {more})"

        def render_column_type(self, column: Any) -> str:  # noqa: ANN401
            if not isinstance(column.type, DOMAIN):
                return str(super().render_column_type(column))
            # The generator writes every argument of a domain, also those that only a running program has.
            base = super().render_column_type(Column("base", column.type.data_type.as_generic(allow_nulltype=True)))
            self.add_literal_import("sqlalchemy.dialects.postgresql", "DOMAIN")
            schema = f", schema={column.type.schema!r}" if column.type.schema else ""
            return f"DOMAIN({column.type.name!r}, {base}{schema}, create_type=False)"

        def render_index(self, index: Any) -> str:  # noqa: ANN401
            found = _live_index(live, index)
            if found is None or not _is_special(found):
                return str(super().render_index(index))
            self.add_literal_import("sqlalchemy", "text")
            return _index(found, index)

    return Generator(metadata, create_engine("postgresql+psycopg2://"), OPTIONS)


def _key(table: Table) -> Key:
    return (table.schema or "public", table.name)


def _is_referred_to(table: Table, metadata: MetaData) -> bool:
    return any(key.column.table is table for other in metadata.tables.values() for key in other.foreign_keys)


def _live_index(live: Schema, index: Any) -> LiveIndex | None:  # noqa: ANN401
    table = live.table(index.table.schema or "public", index.table.name)
    return next((one for one in table.indexes if one.name == index.name), None) if table is not None else None


def _is_special(index: LiveIndex) -> bool:
    return None in index.columns or any(_NOT_A_COLUMN.search(key) for key in _keys(index))


def _keys(index: LiveIndex) -> list[str]:
    """Return the keys of an index as its definition has them: `created_at DESC`, `lower(email)`."""
    found = re.search(r" USING \w+ \(", index.definition)
    if found is None:
        return []
    keys, depth, start = [], 0, found.end()
    at = start
    tokens = sql.tokens(index.definition[start:])
    for token in tokens:
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth -= 1
        if depth < 0 or (token.text == "," and depth == 0):
            keys.append(index.definition[start:at].strip())
            start = at + len(token.text)
        if depth < 0:
            break
        at += len(token.text)
    return keys


def _index(live: LiveIndex, index: Any) -> str:  # noqa: ANN401
    parts = [repr(live.name)]
    for key, element in zip(_keys(live), index.expressions, strict=True):
        expression = element.element if isinstance(element, UnaryExpression) else element
        if isinstance(expression, TextClause):
            # As SQLAlchemy reads it, which is how Alembic compares it: PostgreSQL prints it with fewer brackets there.
            order = _ORDER.search(key)
            parts.append(f"text({expression.text + (order[0] if order else '')!r})")
        else:
            parts.append(repr(expression.name) if not _NOT_A_COLUMN.search(key) else f"text({key!r})")
    if live.unique:
        parts.append("unique=True")
    if live.method != "btree":
        parts.append(f"postgresql_using={live.method!r}")
    if live.predicate is not None:
        parts.append(f"postgresql_where=text({live.predicate!r})")
    includes = index.dialect_options["postgresql"]["include"]
    if includes:
        parts.append(f"postgresql_include={list(includes)!r}")
    return f"Index({', '.join(parts)})"
