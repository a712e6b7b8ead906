"""Compare functions, views and triggers with alembic-utils, while the new tables of the revision exist.

alembic-utils makes each of them to see how PostgreSQL prints it, and a function or view that reads a new table can be
made only where that table is. So its comparator finds nothing registered when Alembic calls it, and is called again
from Gatepost's, which runs last and knows what is coming.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import ReplaceableEntity, compare_registered_entities, registry
from sqlalchemy.exc import DBAPIError

from gatepost import sql
from gatepost.canonical import NamedType, Shape, create_tables
from gatepost.errors import MigrationError
from gatepost.migrate.routines.declared import Function, View

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from psycopg2.extensions import cursor as Cursor

KINDS = frozenset({PGFunction, PGMaterializedView, PGTrigger, PGView})


def register_nothing() -> None:
    """Let alembic-utils' own comparator pass; the bare base class is a kind that nothing is of."""
    _register((), {ReplaceableEntity})


def compare_functions(
    context: AutogenContext,
    upgrade_ops: UpgradeOps,
    schemas: Iterable[str | None],
    entities: Iterable[ReplaceableEntity],
) -> None:
    """Append what alembic-utils finds.

    Args:
        context: Alembic's.
        upgrade_ops: The operations so far.
        schemas: The schemas that Alembic compares.
        entities: The functions, views and triggers of the project.

    Raises:
        MigrationError: PostgreSQL refuses one of them.
    """
    found = [entity.plain if isinstance(entity, Function | View) else entity for entity in entities]
    try:
        _register(found, KINDS | {type(entity) for entity in found})
        # The schema that is searched first has no name here, and an empty list of entities none at all.
        compare_registered_entities(context, upgrade_ops, [schema or "public" for schema in schemas])
    except DBAPIError as error:
        reason = str(error.orig).partition("\n")[0]
        raise MigrationError(
            f"PostgreSQL refuses a function, view or trigger of the project: {reason}",
            "where it reads a new column of a table that is there, add the column in a revision before",
        ) from error
    finally:
        register_nothing()


@contextmanager
def in_place(
    cursor: Cursor, shapes: Iterable[Shape], types: Iterable[NamedType], schemas: Iterable[str] = ()
) -> Iterator[None]:
    """Make new tables, their types and schemas for a while, under their own names."""
    statements = [f"CREATE SCHEMA {sql.identifier(schema)}" for schema in schemas]
    statements += [f"CREATE {one.kind} {sql.qualified(one.schema, one.name)} {one.definition}" for one in types]
    cursor.execute(";\n".join(["SAVEPOINT gatepost_in_place", *statements]))
    try:
        create_tables(cursor, {shape: shape.create(sql.qualified(shape.schema, shape.name), {}) for shape in shapes})
        yield
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_in_place; RELEASE SAVEPOINT gatepost_in_place")


def _register(entities: Iterable[ReplaceableEntity], kinds: Iterable[type[ReplaceableEntity]]) -> None:
    registry.clear()  # type: ignore[no-untyped-call]
    registry.register(entities, entity_types=set(kinds))
