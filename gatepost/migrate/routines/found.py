"""Declare the functions, views and triggers of a database, as `entities=` of `gatepost.migrate.run` takes them.

alembic-utils compares them, by making each one and reading it back. Whether that finds no difference is tried on a copy
of the database, object by object. What it cannot hold is named in the project, so that nobody proposes to drop it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic_utils.exceptions import SQLParseFailure, UnreachableException
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import ReplaceableEntity
from alembic_utils.statement import escape_colon_for_sql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gatepost import sql
from gatepost.auth import Role
from gatepost.database.connect import raw
from gatepost.database.reading import reading
from gatepost.declare.as_found import AsFound, Privilege, as_found, held_by_role
from gatepost.migrate.routines.declared import PLATFORM_FUNCTIONS, Function, View
from gatepost.migrate.routines.live_access import addresses
from gatepost.schema import Schema, Trigger, is_platform

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_FUNCTIONS = """
SELECT n.nspname, p.proname, pg_catalog.pg_get_function_arguments(p.oid), pg_catalog.oidvectortypes(p.proargtypes),
       pg_catalog.format('CREATE OR REPLACE FUNCTION %I.%I(%s)', n.nspname, p.proname,
                         pg_catalog.pg_get_function_arguments(p.oid)),
       pg_catalog.pg_get_functiondef(p.oid)
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname NOT IN ('internal', 'c')
 WHERE p.prokind = 'f'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                                                       AND d.objid = p.oid AND d.deptype = 'e')
 ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", 4
"""
KINDS: tuple[type[ReplaceableEntity], ...] = (PGFunction, PGView, PGMaterializedView, PGTrigger)
_REFUSED = (DBAPIError, SQLParseFailure, UnreachableException, AttributeError, TypeError, ValueError)
"""What alembic-utils raises of an object that it cannot hold."""
_TRIGGER = re.compile(r'CREATE (?P<constraint>CONSTRAINT )?TRIGGER (?:"(?:[^"]|"")+"|\w+) ')


@dataclass(frozen=True)
class Entity:
    """An object with the entity that declares it, and the arguments of that entity as Python has them.

    `held` are its grants where they are declared, by role.
    """

    kind: str
    name: str
    entity: ReplaceableEntity
    arguments: Mapping[str, Any]
    held: Mapping[str, Sequence[Privilege]] | None = None


@dataclass(frozen=True)
class Entities:
    """The objects that are declared, and the names by which alembic-utils knows those that it cannot hold."""

    declared: tuple[Entity, ...] = ()
    left_alone: tuple[str, ...] = ()


def adopt_entities(engine: Engine, live: Schema, owner: str) -> Entities | None:
    """Return the functions, views and triggers of a database as entities; None where alembic-utils cannot read them.

    Args:
        engine: A copy of the database, in which everything is tried and rolled back.
        live: The database.
        owner: Who owns it, and so migrates.
    """
    schemas = sorted({one.name for one in live.namespaces if not is_platform(one.name)})
    held: dict[str, Entity] = {}
    with engine.connect() as connection:
        try:
            known = list(_known(connection, schemas))
        except _REFUSED:
            return None
        for one in (*_functions(connection, live, owner), *_views(live), *_triggers(live)):
            identity = _held(connection, one)
            if identity is not None:
                held[identity] = one
    left = sorted({name for name, identity in known if identity not in held and not _is_of_others(name, live)})
    return Entities(tuple(held.values()), tuple(left))


def _functions(connection: Connection, live: Schema, owner: str) -> Iterator[Entity]:
    with reading(raw(connection)) as read:
        read.cursor.execute(_FUNCTIONS)
        rows = read.cursor.fetchall()
    for schema, name, arguments, types, head, definition in rows:
        there = live.function(schema, f"{name}({types})")
        ours = there is not None and not is_platform(schema) and there.signature not in PLATFORM_FUNCTIONS
        if there is None or not ours or there.owner not in (owner, "postgres"):
            continue
        given = {
            "schema": schema,
            "signature": f"{name}({arguments})",
            "definition": definition.removeprefix(head).strip(),
        }
        held = held_by_role(there.grants, there.owner)
        yield Entity("function", str(there), Function(**given, found=_as_found(held)), given, held)


def _views(live: Schema) -> Iterator[Entity]:
    for one in live.views:
        if is_platform(one.schema) or one.extension is not None:
            continue
        given: dict[str, Any] = {
            "schema": one.schema,
            "signature": one.name,
            "definition": escape_colon_for_sql(one.definition.strip().removesuffix(";")),
        }
        if one.kind == "materialized":
            yield Entity("materialized view", str(one), PGMaterializedView(**given), given)
            continue
        held = held_by_role(one.grants, one.owner)
        options: dict[str, Any] = {"security_invoker": one.invoker}
        if one.option("security_barrier") in ("true", "on", "yes", "1", "t", "y", ""):
            options["security_barrier"] = True
        view = View(**given, **options, found=_as_found(held))
        yield Entity("view", str(one), view, given | options, held)


def _triggers(live: Schema) -> Iterator[Entity]:
    for one in live.triggers:
        found = _TRIGGER.match(one.definition)
        if is_platform(one.schema) or found is None:
            continue
        given: dict[str, Any] = {
            "schema": one.schema,
            "signature": one.name,
            "on_entity": sql.qualified(one.schema, one.table) if _is_quoted(one) else f"{one.schema}.{one.table}",
            "definition": one.definition[found.end() :].strip(),
        }
        more: dict[str, Any] = {"is_constraint": True} if found["constraint"] else {}
        yield Entity("trigger", str(one), PGTrigger(**given, **more), given | more)


def _is_quoted(trigger: Trigger) -> bool:
    return f" ON {trigger.schema}.{trigger.table} " not in trigger.definition


def _as_found(held: Mapping[str, Sequence[Privilege]]) -> AsFound:
    return as_found({Role(name): privileges for name, privileges in held.items()})


def _held(connection: Connection, one: Entity) -> str | None:
    """Return alembic-utils' identity of an object if the entity makes it as it is there, or None."""
    transaction = connection.begin_nested()
    session = Session(bind=connection)
    entity = getattr(one.entity, "plain", one.entity)
    try:
        if entity.get_required_migration_op(session) is not None:
            return None
        if isinstance(entity, PGFunction) and not _has_address(connection, entity):
            return None
        return str(entity.get_database_definition(session).identity)
    except _REFUSED:
        return None
    finally:
        session.close()
        if transaction.is_active:
            transaction.rollback()


def _has_address(connection: Connection, function: PGFunction) -> bool:
    with raw(connection).cursor() as cursor:
        return bool(addresses(cursor, [function]))


def _known(connection: Connection, schemas: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the identity of everything that alembic-utils finds in some schemas."""
    session = Session(bind=connection)
    try:
        for kind in KINDS:
            for schema in schemas:
                found: list[ReplaceableEntity] = kind.from_database(session, schema)
                for one in found:
                    yield f"{one.schema}.{one.signature}", one.identity
    finally:
        session.close()


def _is_of_others(name: str, live: Schema) -> bool:
    """Return whether an object is the platform's or an extension's, which nobody proposes to drop."""
    schema, _, bare = name.partition(".")
    view = live.view(schema, bare)
    return bare in PLATFORM_FUNCTIONS or (view is not None and view.extension is not None)
