"""sqlacodegen's generator of SQLModel classes, with what it loses by itself.

Measured on 23 databases: it loses the order of an index's columns (DESC) and the expressions of an index, the options
of a unique constraint, the default of a sequence that a column does not own, and makes a class of a table whose key is
its foreign key a subclass, in which the table vanishes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from sqlalchemy import (
    Column,
    DefaultClause,
    MetaData,
    String,
    Table,
    TextClause,
    UnaryExpression,
    UniqueConstraint,
    create_engine,
    text,
)
from sqlalchemy.dialects.postgresql import DOMAIN

from gatepost import sql
from gatepost.adopt.model_names import Key
from gatepost.errors import SettingsError
from gatepost.migrate.env import LEFT_ALONE
from gatepost.schema import Constraint, Schema
from gatepost.schema import Index as LiveIndex

OPTIONS = ("nojoined", "nonativeenums", "nosyntheticenums", "nobidi")
_ORDER = re.compile(r"(?: DESC)?(?: NULLS (?:FIRST|LAST))?\Z")
_NOT_A_COLUMN = re.compile(r"[^\w\"]")


def refuse_without_sqlacodegen() -> None:
    """Refuse to adopt a database where sqlacodegen, which is an extra, is not installed.

    Raises:
        SettingsError: it is not.
    """
    if find_spec("sqlacodegen") is None:
        raise SettingsError("sqlacodegen, which writes the models, is not installed", "pip install 'gatepost[adopt]'")


def generator_of(metadata: MetaData, live: Schema, wanted: frozenset[Key]) -> Any:  # noqa: ANN401  sqlacodegen is an extra
    """Return sqlacodegen's generator with what it loses by itself.

    Args:
        metadata: The tables, as they were reflected.
        live: The database.
        wanted: The tables that get a model.

    Raises:
        SettingsError: sqlacodegen is not installed.
    """
    refuse_without_sqlacodegen()
    from sqlacodegen.generators import SQLModelGenerator

    class Generator(SQLModelGenerator):  # type: ignore[misc, unused-ignore]
        """sqlacodegen's generator, without relationships, and with the tables of the platform as they are."""

        found: list[Any]

        def generate_models(self) -> list[Any]:
            self.found = [one for one in super().generate_models() if key_of(one.table) in wanted]
            return list(self.found)

        def generate_relationships(self, *_arguments: Any, **_named: Any) -> list[Any]:  # noqa: ANN401
            """Write none: they are a matter of taste, and a wrong one ends the import of all models."""
            return []

        def render_module_variables(self, models: list[Any]) -> str:
            lines = [str(super().render_module_variables(models))]
            for key, table in sorted(metadata.tables.items()):
                if key_of(table) not in wanted and _is_referred_to(table, metadata):
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
            generic = column.type.data_type.as_generic(allow_nulltype=True)
            generic = String(generic.length) if isinstance(generic, String) else generic
            self.add_import(generic)
            base = super().render_column_type(Column("base", generic))
            self.add_literal_import("sqlalchemy.dialects.postgresql", "DOMAIN")
            schema = f", schema={column.type.schema!r}" if column.type.schema else ""
            return f"DOMAIN({column.type.name!r}, {base}{schema}, create_type=False)"

        def fix_column_types(self, table: Table) -> None:
            nextval = {one.name: one.server_default for one in table.columns if not one.primary_key}
            super().fix_column_types(table)
            for column in table.columns:
                if column.default is not None and column.name in nextval:
                    # The sequence is not the column's own. Alembic compares without the cast that PostgreSQL prints.
                    written = str(getattr(nextval[column.name], "arg", "")).replace("::regclass", "")
                    column.default, column.server_default = None, DefaultClause(text(written))

        def render_constraint(self, constraint: Any) -> str:  # noqa: ANN401
            written = str(super().render_constraint(constraint))
            found = _live_constraint(live, constraint) if isinstance(constraint, UniqueConstraint) else None
            options = list(_unique_options(found)) if found is not None else []
            return f"{written[:-1]}, {', '.join(options)})" if options else written

        def render_index(self, index: Any) -> str:  # noqa: ANN401
            found = _live_index(live, index)
            if found is None or not _is_special(found):
                return str(super().render_index(index))
            self.add_literal_import("sqlalchemy", "text")
            return _index(found, index)

    return Generator(metadata, create_engine("postgresql+psycopg2://"), OPTIONS)


def key_of(table: Table) -> Key:
    """Return the schema and the name of a table."""
    return (table.schema or "public", table.name)


def _is_referred_to(table: Table, metadata: MetaData) -> bool:
    return any(key.column.table is table for other in metadata.tables.values() for key in other.foreign_keys)


def _live_constraint(live: Schema, constraint: UniqueConstraint) -> Constraint | None:
    table = live.table(*key_of(constraint.table))
    return next((one for one in table.constraints if one.name == constraint.name), None) if table is not None else None


def _unique_options(found: Constraint) -> Iterator[str]:
    """Yield the options of a unique constraint, which the generator loses."""
    options = found.definition.rpartition(")")[2]
    if " NULLS NOT DISTINCT " in found.definition:
        yield "postgresql_nulls_not_distinct=True"
    if " DEFERRABLE" in options:
        yield "deferrable=True"
    if "INITIALLY DEFERRED" in options:
        yield "initially='DEFERRED'"
    if (included := re.search(r" INCLUDE \((.+?)\)", found.definition)) is not None:
        names = [token.name for token in sql.tokens(included[1]) if token.name is not None]
        yield f"postgresql_include={names!r}"


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
