"""Decide what a project of a database consists of; nothing is written here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.adopt.baseline import NOTHING, REVISION, VERSION_TABLE, downgrade_sql, upgrade_sql
from gatepost.adopt.entity_files import entity_files
from gatepost.adopt.model_names import platform_table
from gatepost.adopt.models import closing_engine, engine_of, write_models
from gatepost.adopt.policies.files import policy_file
from gatepost.adopt.policies.statements import best
from gatepost.adopt.undeclared import undeclared
from gatepost.canonical import print_there
from gatepost.database.connect import connect
from gatepost.database.reading import reading
from gatepost.database.url import DatabaseUrl
from gatepost.errors import SettingsError
from gatepost.migrate.routines.found import Entities, adopt_entities
from gatepost.observation.clone.schema import Kept
from gatepost.schema import Policy, Schema, Table, is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

_COMMENTS = """
SELECT i.type, COALESCE(i.schema, ''), i.identity, d.description
  FROM pg_catalog.pg_description d,
       LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
 WHERE d.objoid >= 16384
   AND d.classoid = ANY (ARRAY['pg_catalog.pg_class', 'pg_catalog.pg_proc', 'pg_catalog.pg_type',
                               'pg_catalog.pg_policy', 'pg_catalog.pg_trigger', 'pg_catalog.pg_namespace',
                               'pg_catalog.pg_constraint']::pg_catalog.regclass[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e')
 ORDER BY 1, 3
"""
_COMMENTED = {
    "table": "TABLE", "view": "VIEW", "materialized view": "MATERIALIZED VIEW", "index": "INDEX",
    "sequence": "SEQUENCE", "function": "FUNCTION", "procedure": "PROCEDURE", "type": "TYPE", "schema": "SCHEMA",
    "table column": "COLUMN", "view column": "COLUMN", "materialized view column": "COLUMN", "policy": "POLICY",
    "trigger": "TRIGGER", "table constraint": "CONSTRAINT", "domain": "DOMAIN", "aggregate": "AGGREGATE",
    "foreign table": "FOREIGN TABLE", "composite type": "TYPE", "composite type column": "COLUMN",
    "foreign table column": "COLUMN", "domain constraint": "CONSTRAINT",
}  # fmt: skip


@dataclass(frozen=True)
class Adoption:
    """The files of a project, and what is known about them.

    Args:
        files: The text of each file, by its path inside the project.
        typed: The policies that are rules of the language.
        kept: The policies that are kept word for word.
        lost: The policies whose own text PostgreSQL prints differently when they are made again.
        tables: How many tables have a model.
        entities: The functions, views and triggers; None where they are not declared.
        undeclared: What only the first revision has.
        buckets: The buckets of the storage service, which are rows.
    """

    files: Mapping[str, str]
    typed: Sequence[Policy] = field(default=())
    kept: Sequence[Policy] = field(default=())
    lost: Sequence[Policy] = field(default=())
    tables: int = 0
    entities: Entities | None = None
    undeclared: Sequence[str] = field(default=())
    buckets: Sequence[str] = field(default=())


def plan(source: Kept, disposable: DatabaseUrl, comments: Sequence[str], only: Sequence[str] = ()) -> Adoption:
    """Return the project of a database.

    Args:
        source: What was read of the database.
        disposable: A copy of its schema, in which PostgreSQL prints the declared policies.
        comments: The statements that make its comments.
        only: The tables to declare, as `schema.table`, or `table` in `public`; without any, all.

    Raises:
        SettingsError: there is no such table, or nothing to declare.
    """
    live = source.live
    tables = _wanted(live, only)
    models = write_models(disposable, live, [table.key for table in tables if not is_platform(table.schema)])
    platform = {
        table.key: platform_table(table.schema, table.name, [(one.name, one.type) for one in table.columns])
        for table in tables
        if is_platform(table.schema)
    }
    with closing(connect(disposable, application_name="gatepost adopt")) as connection:
        written, lost = best(tables, models.names, platform, lambda some: _printed(connection, some, live))
        entities = None if only else _entities(disposable, source)
        beside = () if only else tuple(undeclared(connection, live, entities))
    return Adoption(
        files={
            **(entity_files(entities) if entities is not None else {}),
            "models/__init__.py": _PACKAGE,
            "models/tables.py": models.text,
            "policies/__init__.py": '"""Who may access which rows. Every module of this package counts."""\n',
            "policies/tables.py": policy_file(live, tables, models.names, written),
            "alembic/versions/0001_baseline.py": REVISION,
            "alembic/versions/0002_close_version_table.py": VERSION_TABLE,
            "alembic/versions/0001_baseline.sql": NOTHING if only else upgrade_sql(source, comments),
            "alembic/versions/0001_baseline.down.sql": NOTHING if only else downgrade_sql(live),
        },
        typed=[policy for policy, one in written.items() if one.typed],
        kept=[policy for policy, one in written.items() if not one.typed and policy not in lost],
        lost=lost,
        tables=len(models.names),
        entities=entities,
        undeclared=[
            *beside,
            *(f'the type of the column "{name}", which SQLAlchemy does not know' for name in models.untyped),
        ],
        buckets=[bucket.name for bucket in source.buckets] if not only else (),
    )


_PACKAGE = '''"""The models of the database."""

from sqlmodel import SQLModel

from models import tables  # noqa: F401

metadata = SQLModel.metadata
'''


def _entities(disposable: DatabaseUrl, source: Kept) -> Entities | None:
    with closing_engine(engine_of(disposable, source.live)) as engine:
        return adopt_entities(engine, source.live, source.owner)


def _wanted(live: Schema, only: Sequence[str]) -> list[Table]:
    own = [table for table in live.tables if _is_own(table)]
    names = {one if "." in one else f"public.{one}" for one in only}
    if unknown := sorted(names - {str(table) for table in own}):
        raise SettingsError(f'there is no table "{unknown[0]}"', f"one of {', '.join(map(str, own[:8]))}")
    if names:
        return [table for table in own if str(table) in names]
    if not own and not any(table.policies for table in live.tables):
        raise SettingsError("the database holds no table of a project", "name the database of your project")
    return [*own, *(table for table in live.tables if is_platform(table.schema) and table.policies)]


def _is_own(table: Table) -> bool:
    return (
        not is_platform(table.schema)
        and table.extension is None
        and not table.partition
        and table.name != "alembic_version"
    )


def _printed(connection: Connection, policies: list[Policy], live: Schema) -> Mapping[Policy, Policy]:
    """Return policies as PostgreSQL prints them, without those that it refuses."""
    together = print_there(connection, policies, live)
    if not together.not_checked:
        return together.policies
    found: dict[Policy, Policy] = {}
    refused = {one.what for one in together.not_checked}
    for policy in policies:
        if f"the policies of {policy.schema}.{policy.table}" in refused or "the declared policies" in refused:
            alone = print_there(connection, [policy], live)
            found |= {} if alone.not_checked else alone.policies
        else:
            found[policy] = together.policies[policy]
    return found


def comments_of(connection: Connection) -> Iterator[str]:
    """Yield the statements that make the comments of the project's own objects."""
    with reading(connection) as read:
        read.cursor.execute(_COMMENTS)
        found = read.cursor.fetchall()
    for kind, schema, identity, comment in found:
        place = schema or identity.rpartition(" on ")[2].partition(".")[0].strip('"')
        if kind == "domain constraint":
            identity = identity.replace(" on ", " ON DOMAIN ")
        if kind in _COMMENTED and not is_platform(place) and (kind, identity) != ("schema", "public"):
            yield f"COMMENT ON {_COMMENTED[kind]} {identity} IS {sql.literal(comment)}"


def summary(adoption: Adoption) -> Iterable[str]:
    """Yield what was written, one sentence each."""
    many = len(adoption.typed) + len(adoption.kept) + len(adoption.lost)
    tables = f"{adoption.tables} table{'s' * (adoption.tables != 1)}"
    yield f"{tables}, {many} policies: {len(adoption.typed)} typed, {len(adoption.kept)} word for word"
    entities = adoption.entities.declared if adoption.entities is not None else ()
    counted = Counter(one.kind for one in entities)
    if counted:
        yield ", ".join(f"{count} {kind}{'s' * (count != 1)}" for kind, count in counted.items()) + " declared"
    for policy in adoption.kept:
        yield f"word for word: {policy}"
    for one in adoption.undeclared:
        yield f"in the first revision only: {one}"
    for name in adoption.buckets:
        yield f'a row, which no revision makes: the bucket "{name}"'
    for policy in adoption.lost:
        yield f"not carried over as it is: {policy}, which PostgreSQL prints differently when it is made again"
