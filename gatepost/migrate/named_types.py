"""Find the schemas, ENUMs, labels and domains that a revision needs before its tables, and write them into it.

Alembic leaves them to the project: `create_table` makes a type that may be there already, `add_column` does not make
it, nothing drops it, and no label is ever compared.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import ops
from alembic.util import PriorityDispatchResult
from sqlalchemy import DefaultClause, types
from sqlalchemy.dialects import postgresql

from gatepost import sql
from gatepost.canonical import NamedType, Shape
from gatepost.database.reading import reading
from gatepost.migrate.entities import DomainEntity, Entity, EnumEntity, EnumLabel, SchemaEntity
from gatepost.migrate.pending_changes import Coming, TableKey
from gatepost.schema import Schema, is_platform

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from psycopg2.extensions import cursor as Cursor
    from sqlalchemy import Column, Table
    from sqlalchemy.types import TypeEngine

log = logging.getLogger("gatepost.migrate")

_THERE = """
SELECT n.nspname, t.typname, ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid
                                    ORDER BY e.enumsortorder)
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE t.typname = ANY (%s)
"""


@dataclass(frozen=True)
class NewNames:
    """What a revision makes before everything else.

    `new` are the types that are not there, and `longer` those that get more labels, as they are to be.
    """

    schemas: tuple[str, ...]
    new: tuple[NamedType, ...]
    longer: tuple[NamedType, ...]
    labels: tuple[EnumLabel, ...]
    made_by_tables: frozenset[TableKey]

    def operations(self) -> list[ops.MigrateOperation]:
        """Return the operations of a revision, in their order; a label must be committed before all else."""
        kept = [type_ for type_ in self.new if (type_.schema, type_.name) not in self.made_by_tables]
        made: list[Entity] = [*map(SchemaEntity, self.schemas), *map(_entity, kept)]
        return [*map(NewLabelOp, self.labels), *map(NewNameOp, made)]


def new_names(cursor: Cursor, tables: Iterable[Table], live: Schema, changed: Coming) -> NewNames:
    """Return the schemas and types that the models need and the database does not hold, and the labels it lacks.

    Args:
        cursor: Open on the database.
        tables: The models' tables.
        live: The database.
        changed: What happens to tables and columns.
    """
    needed: dict[TableKey, NamedType] = {}
    known: dict[TableKey, TypeEngine[object]] = {}
    by_tables: set[TableKey] = set()
    spaces: set[str] = set()
    for table in tables:
        key = (table.schema or "public", table.name)
        spaces.add(key[0])
        new = live.table(*key) is None
        for column in table.columns:
            named = _named_type(column.type)
            if named is None:
                continue
            type_, plain = named
            known[type_.schema, type_.name] = plain
            address = (*key, column.name)
            if new or address in changed.added_columns or address in changed.retyped_columns:
                needed[type_.schema, type_.name] = type_
                spaces.add(type_.schema)
            if new and isinstance(column.type, types.TypeDecorator) and not is_sqlmodel(column.type):
                by_tables.add((type_.schema, type_.name))  # written as the project's own class, which makes the type
    there = _there(cursor, known)
    schemas = {namespace.name for namespace in live.namespaces}
    longer, labels = _longer(known, there)
    return NewNames(
        tuple(sorted(space for space in spaces - schemas if not is_platform(space))),
        tuple(needed[key] for key in sorted(needed) if key not in there),
        tuple(longer),
        tuple(labels),
        frozenset(by_tables),
    )


def shapes_of_longer(live: Schema, longer: Iterable[NamedType]) -> dict[TableKey, Shape]:
    """Return the live tables that have a column of a type which gets more labels, as shapes to be made elsewhere."""
    names = {(type_.schema, type_.name) for type_ in longer}
    if not names:
        return {}
    found = {}
    for table in live.tables:
        columns = tuple((column.name, column.type) for column in table.columns)
        if any(tuple(token.name for token in sql.tokens(type_) if token.name) in names for _, type_ in columns):
            found[table.key] = Shape(table.schema, table.name, columns, live=False)
    return found


def render_named_type(found: TypeEngine[object], context: AutogenContext) -> str | None:
    """Write an ENUM or a domain as one that `create_table` does not make; None for any other type."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    plain = found.dialect_impl(dialect) if not isinstance(found, types.TypeDecorator | types.ARRAY) else None
    if not isinstance(plain, postgresql.ENUM | postgresql.DOMAIN) or not getattr(found, "create_type", True):
        return None
    if isinstance(plain, postgresql.ENUM):
        context.imports.add("from sqlalchemy.dialects import postgresql")
        named = f"name={str(plain.name)!r}" + (f", schema={plain.schema!r}" if plain.schema else "")
        return f"postgresql.ENUM({', '.join(map(repr, plain.enums))}, {named}, create_type=False)"
    there = plain.copy()  # type: ignore[no-untyped-call]
    there.create_type = False
    context.imports.add("from sqlalchemy.dialects import postgresql")
    assert context.migration_context is not None  # noqa: S101  there is no rendering without one
    written = context.migration_context.impl.render_type(there, context)
    return written or None


def compare_label_default(
    autogen_context: AutogenContext,  # noqa: ARG001  Alembic passes all of them by name
    alter_column_op: ops.AlterColumnOp,
    schema: str | None,  # noqa: ARG001
    tname: str,  # noqa: ARG001
    cname: str,  # noqa: ARG001
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Compare the default of an ENUM as text, since PostgreSQL knows no label that comes with the revision."""
    live, declared = conn_col.server_default, metadata_col.server_default
    if not (
        isinstance(metadata_col.type, types.Enum)
        and isinstance(live, DefaultClause)
        and isinstance(declared, DefaultClause)
    ):
        return PriorityDispatchResult.CONTINUE
    alter_column_op.existing_server_default = live
    if _default(live) != _default(declared):
        alter_column_op.modify_server_default = declared
    return PriorityDispatchResult.STOP


def _default(clause: DefaultClause) -> str:
    """Return a default as SQL, without the cast that PostgreSQL prints behind a literal."""
    written = clause.arg if isinstance(clause.arg, str) else None
    return sql.literal(written) if written is not None else str(clause.arg).partition("::")[0]


def is_sqlmodel(type_: types.TypeDecorator[Any]) -> bool:
    """Return whether a type is SQLModel's own, which stands for a plain one."""
    return type(type_).__module__.startswith("sqlmodel")


def _there(cursor: Cursor, wanted: Iterable[TableKey]) -> dict[TableKey, list[str]]:
    names = [name for _, name in wanted]
    if not names:
        return {}
    with reading(cursor.connection) as found:
        found.cursor.execute(_THERE, (names,))
        return {(schema, name): labels for schema, name, labels in found.cursor.fetchall()}


def _longer(
    known: Mapping[TableKey, TypeEngine[object]], there: Mapping[TableKey, list[str]]
) -> tuple[list[NamedType], list[EnumLabel]]:
    """Return the types with labels that the database lacks, and these; say which labels are there and not declared."""
    longer: list[NamedType] = []
    labels: list[EnumLabel] = []
    for key in sorted(set(known) & set(there)):
        plain = known[key]
        if not isinstance(plain, postgresql.ENUM):
            continue
        wanted, now = list(plain.enums), list(there[key])
        for label in (one for one in now if one not in wanted):
            log.warning(
                '"%s" is a label of the type "%s" and not in the models; PostgreSQL drops no label',
                *(label, ".".join(key)),
            )
        missing = [label for label in wanted if label not in now]
        for label in missing:
            at = wanted.index(label)
            after = wanted[at - 1] if at else None
            labels.append(EnumLabel(*key, label, after=after, before=None if after or not now else now[0]))
            now.insert(now.index(after) + 1 if after is not None else 0, label)
        if missing:
            longer.append(_enum(*key, now))
    return longer, labels


def _enum(schema: str, name: str, labels: Iterable[str]) -> NamedType:
    return NamedType(schema, name, "TYPE", f"AS ENUM ({', '.join(map(sql.literal, labels))})", tuple(labels))


def _named_type(type_: TypeEngine[object]) -> tuple[NamedType, TypeEngine[object]] | None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    plain = type_.dialect_impl(dialect)
    while isinstance(plain, types.TypeDecorator | types.ARRAY):
        plain = (plain.item_type if isinstance(plain, types.ARRAY) else plain.impl_instance).dialect_impl(dialect)
    if isinstance(plain, postgresql.DOMAIN):
        based_on = str(plain.data_type.compile(dialect))
        return NamedType(plain.schema or "public", str(plain.name), "DOMAIN", f"AS {based_on}"), plain
    if isinstance(plain, postgresql.ENUM):
        return _enum(plain.schema or "public", str(plain.name), plain.enums), plain
    return None


def _entity(type_: NamedType) -> Entity:
    if type_.kind == "DOMAIN":
        return DomainEntity(type_.schema, type_.name, type_.definition.removeprefix("AS "))
    return EnumEntity(type_.schema, type_.name, type_.labels)


class NewNameOp(ops.MigrateOperation):
    """A schema or a type that comes with the revision, or goes with the downgrade."""

    def __init__(self, made: Entity, *, drop: bool = False) -> None:
        self.made = made
        self.drop = drop

    def reverse(self) -> ops.MigrateOperation:
        """Return the step back."""
        return NewNameOp(self.made, drop=not self.drop)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return what `alembic check` shows."""
        kind, _, name = self.made.identity.partition(" ")
        return (f'the {kind} "{name}" is not in the database',)


class NewLabelOp(ops.MigrateOperation):
    """A label that an ENUM gets; what the database has of it stays in a downgrade."""

    def __init__(self, label: EnumLabel) -> None:
        self.label = label

    def reverse(self) -> ops.MigrateOperation:
        """Return what stands in the downgrade."""
        return KeptLabelOp(self.label)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return what `alembic check` shows."""
        return (f'the type "{self.label.schema}.{self.label.type_name}" has no label "{self.label.label}"',)


class KeptLabelOp(NewLabelOp):
    """A label that a downgrade leaves."""


@renderers.dispatch_for(NewNameOp)
def _render_name(context: AutogenContext, op: NewNameOp) -> list[str]:
    context.imports.add(op.made.render_import_statement())
    return [f"op.{'drop' if op.drop else 'create'}_entity({op.made.source()})"]


@renderers.dispatch_for(NewLabelOp)
def _render_label(context: AutogenContext, op: NewLabelOp) -> list[str]:
    context.imports.add(op.label.render_import_statement())
    return [f"with op.get_context().autocommit_block():\n    op.create_entity({op.label.source()})"]


@renderers.dispatch_for(KeptLabelOp)
def _render_kept(context: AutogenContext, op: KeptLabelOp) -> list[str]:
    context.imports.add(op.label.render_import_statement())
    return [f"op.drop_entity({op.label.source()})  # PostgreSQL drops no label: it stays"]
