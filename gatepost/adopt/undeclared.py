"""What only the first revision has: objects that neither models, policies nor entities declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gatepost.adopt.roles import own_roles
from gatepost.database.reading import reading
from gatepost.migrate.routines.declared import PLATFORM_FUNCTIONS
from gatepost.migrate.routines.found import Entities
from gatepost.schema import Schema, is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

_TYPES = """
SELECT n.nspname, t.typname, t.typtype
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
 WHERE (t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND c.relkind = 'c'))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
                                                       AND d.objid = t.oid AND d.deptype = 'e')
   AND (t.typtype NOT IN ('e', 'd') OR NOT EXISTS (
         SELECT FROM pg_catalog.pg_attribute a
           JOIN pg_catalog.pg_class r ON r.oid = a.attrelid AND r.relkind IN ('r', 'p')
          WHERE a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped))
 ORDER BY 1, 2
"""
_CALLED = {"e": "enum", "d": "domain", "r": "range", "c": "composite type"}


def undeclared(connection: Connection, live: Schema, entities: Entities | None) -> Iterator[str]:
    """Yield what the first revision makes and no declaration has, one phrase each.

    Args:
        connection: A copy of the database.
        live: The database.
        entities: Its functions, views and triggers, as far as they are declared.
    """
    declared = {(one.kind, one.name) for one in entities.declared} if entities is not None else set()
    for role in own_roles(live):
        yield f'the role "{role.name}"'
    with reading(connection) as read:
        read.cursor.execute(_TYPES)
        for schema, name, kind in read.cursor.fetchall():
            if not is_platform(schema):
                yield f'the {_CALLED[kind]} "{schema}.{name}"'
    for sequence in live.sequences:
        if sequence.owned_by is None and not is_platform(sequence.schema):
            yield f'the sequence "{sequence}"'
    for function in live.functions:
        ours = not is_platform(function.schema) and function.signature not in PLATFORM_FUNCTIONS
        # Those in C come with a type, as the functions that make a value of a range.
        if ours and function.language not in ("internal", "c") and ("function", str(function)) not in declared:
            yield f'the {function.kind} "{function}"'
    for view in live.views:
        kind = "materialized view" if view.kind == "materialized" else "view"
        if is_platform(view.schema) or view.extension is not None:
            continue
        if (kind, str(view)) not in declared:
            yield f'the {kind} "{view}"'
        elif view.kind == "materialized":
            yield f'the indexes and grants of the materialized view "{view}"'
    for trigger in live.triggers:
        ours = not is_platform(trigger.schema) or not is_platform(trigger.function[0])
        if ours and ("trigger", str(trigger)) not in declared:
            yield f'the trigger "{trigger}"'
        elif ours and trigger.enabled != "O":
            yield f'that the trigger "{trigger}" is not enabled as usual'
    for rule in live.rewrite_rules:
        if not is_platform(rule.schema):
            yield f'the rule "{rule}"'
    for publication in live.publications:
        if publication.tables or publication.schemas or publication.all_tables:
            yield f'the publication "{publication.name}"'
