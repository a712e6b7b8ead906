"""Views in the way: on a view that PostgreSQL cannot replace, or on a column that is dropped or gets another type.

They are dropped before it and made again after it, in the order in which they stand on each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from alembic_utils.pg_view import PGView
from alembic_utils.reversible_op import CreateOp, DropOp, ReplaceOp, ReversibleOp

from gatepost import sql
from gatepost.canonical.savepoints import rolled_back, tried
from gatepost.database.reading import reading
from gatepost.errors import MigrationError
from gatepost.migrate.pending_changes import coming

if TYPE_CHECKING:
    from alembic.operations import ops
    from alembic_utils.replaceable_entity import ReplaceableEntity
    from psycopg2.extensions import cursor as Cursor

    from gatepost.migrate.pending_changes import ColumnKey
    from gatepost.migrate.routines.live_access import Key

_ON_THEM = """
WITH RECURSIVE on_it(oid, attnum, depth) AS (
    SELECT c.oid, coalesce(a.attnum, 0), 0
      FROM unnest(%s::text[], %s::text[], %s::text[]) wanted(schema, name, attribute)
      JOIN pg_namespace n ON n.nspname = wanted.schema
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = wanted.attribute
    UNION
    SELECT r.ev_class, 0, on_it.depth + 1
      FROM on_it
      JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = on_it.oid
                      AND d.classid = 'pg_rewrite'::regclass AND (on_it.attnum = 0 OR d.refobjsubid = on_it.attnum)
      JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> on_it.oid
)
SELECT n.nspname, c.relname, c.relkind = 'v', pg_get_viewdef(c.oid)
  FROM (SELECT oid, max(depth) AS depth FROM on_it WHERE depth > 0 GROUP BY oid) one
  JOIN pg_class c ON c.oid = one.oid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 ORDER BY one.depth, n.nspname COLLATE "C", c.relname COLLATE "C"
"""


def move_views_aside(cursor: Cursor, upgrade_ops: ops.UpgradeOps, entities: Iterable[ReplaceableEntity]) -> None:
    """Drop the views that are in the way of an operation, and make them again after it.

    Args:
        cursor: Inside the transaction.
        upgrade_ops: The operations so far; they are changed.
        entities: The views of the project; a view that is not among them comes back as it is.

    Raises:
        MigrationError: a materialized view is in the way, and would lose its rows.
    """
    changed = coming(upgrade_ops)
    refused = [
        op
        for op in upgrade_ops.ops
        if isinstance(op, ReplaceOp) and isinstance(op.target, PGView) and not _can_replace(cursor, op.target)
    ]
    bases = changed.dropped_columns | changed.retyped_columns
    bases |= {(op.target.schema, op.target.signature, "") for op in refused}
    on_them = _views_on(cursor, bases)
    if not on_them:
        return
    declared = {(one.schema, one.signature): one for one in entities if isinstance(one, PGView)}
    own = {
        (op.target.schema, op.target.signature): op
        for op in upgrade_ops.ops
        if isinstance(op, ReversibleOp) and isinstance(op.target, PGView) and not isinstance(op, CreateOp)
    }
    # A view that is refused stands below those that stand on it, unless it stands on another one itself.
    below = {key: op.target._version_to_replace for op in refused if (key := _key(op.target)) not in on_them}
    aside = {key: view for key, view in {**below, **on_them}.items() if view is not None}
    kept = [key for key in aside if not isinstance(own.get(key), DropOp)]
    replaced = [own[key] for key in aside if key in own]
    upgrade_ops.ops = [
        *(op for op in upgrade_ops.ops if not any(op is one for one in replaced)),
        *(DropOp(aside[key]) for key in reversed(aside)),
        *(CreateOp(own[key].target if key in own else declared.get(key, aside[key])) for key in kept),
    ]


def _key(view: ReplaceableEntity) -> Key:
    return (view.schema, view.signature)


def _views_on(cursor: Cursor, bases: Iterable[ColumnKey]) -> dict[Key, PGView]:
    """Return the views that stand on views or columns, the nearest first, as the database has them."""
    wanted = sorted(bases)
    if not wanted:
        return {}
    with reading(cursor.connection) as there:
        there.cursor.execute(_ON_THEM, tuple(list(part) for part in zip(*wanted, strict=True)))
        rows = there.cursor.fetchall()
    for schema, name, plain, _ in rows:
        if not plain:
            raise MigrationError(
                f'the materialized view "{schema}.{name}" is in the way of a change, and would lose its rows',
                "drop it in a revision before, and make it again in one after",
            )
    return {(schema, name): PGView(schema, name, definition) for schema, name, _, definition in rows}


def _can_replace(cursor: Cursor, view: PGView) -> bool:
    definition = view.definition.replace("\\:", ":")
    with rolled_back(cursor, "gatepost_view"):
        return tried(cursor, f"CREATE OR REPLACE VIEW {sql.qualified(view.schema, view.signature)} AS {definition}")
