"""Views that a project maps as models: `protect()` closes them, and lets the row security of their tables hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from alembic.operations import ops
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_view import PGView

from gatepost.database.reading import reading
from gatepost.errors import DeclarationError
from gatepost.migrate.entities.privileges import Access
from gatepost.migrate.routines.declared import View
from gatepost.schema import Schema

if TYPE_CHECKING:
    from alembic_utils.replaceable_entity import ReplaceableEntity
    from psycopg2.extensions import cursor as Cursor

    from gatepost.declare.declaration import Declaration, ProtectedTable
    from gatepost.migrate.routines.live_access import Key

_VIEWS = """
SELECT n.nspname, c.relname, c.relkind = 'm' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('v', 'm')
   AND (n.nspname, c.relname) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""


def mapped_views(
    cursor: Cursor, declaration: Declaration, live: Schema, entities: Iterable[ReplaceableEntity]
) -> dict[Key, Access]:
    """Return the access to every declared model that is a view, of the database or among the entities.

    Raises:
        DeclarationError: a rule chooses rows of a view, which has no policies, or the view is declared twice.
    """
    unknown = {table.key: table for table in declaration if not table.platform and live.table(*table.key) is None}
    if not unknown:
        return {}
    kinds = {
        (entity.schema, entity.signature): isinstance(entity, PGMaterializedView)
        for entity in entities
        if isinstance(entity, PGView | PGMaterializedView)
    }
    twice = {(entity.schema, entity.signature) for entity in entities if isinstance(entity, View)}
    with reading(cursor.connection) as there:
        there.cursor.execute(_VIEWS, ([key[0] for key in unknown], [key[1] for key in unknown]))
        kinds |= {(schema, name): materialized for schema, name, materialized in there.cursor.fetchall()}
    return {
        key: _access(table, materialized=kinds[key], declared=key in twice)
        for key, table in unknown.items()
        if key in kinds
    }


def _access(table: ProtectedTable, *, materialized: bool, declared: bool) -> Access:
    if declared:
        raise DeclarationError(
            f'{table.place}: "{table}" is protected, and is declared by View(…), which says who may use it',
            "keep one of them",
        )
    for policy in table.policies:
        if not policy.permissive or {policy.using, policy.check} - {None, "true"}:
            raise DeclarationError(
                f'{table.place}: "{table}" is a view, which has no policies of its own: the rule "{policy.name}" cannot'
                " choose its rows",
                'allow("select", to=…, where=anything)  # and choose them in the rules of its tables',
            )
    return Access("table", *table.key, table.grants, None if materialized else ("security_invoker=true",))


def without_views(upgrade_ops: ops.UpgradeOps, views: Mapping[Key, Access]) -> None:
    """Leave out the making of tables, and their indexes, that are views."""
    upgrade_ops.ops = [
        op
        for op in upgrade_ops.ops
        if not isinstance(op, ops.CreateTableOp | ops.CreateIndexOp | ops.ModifyTableOps)
        or (op.schema or "public", str(op.table_name)) not in views
    ]
