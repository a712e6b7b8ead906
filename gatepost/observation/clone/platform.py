"""Create schemas with their privileges, and a project's own objects in the platform's schemas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.analysis.privileges import Privileges
from gatepost.database.reading import printed
from gatepost.ddl import create_sql
from gatepost.finding import NotChecked
from gatepost.local.throwaway.image import LOGIN
from gatepost.observation.clone.compare_protection import ROWS
from gatepost.observation.clone.roles import reachable
from gatepost.reflect import reflect
from gatepost.schema import Grant, Namespace, Schema, is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

_OWN_FUNCTIONS = """
SELECT n.nspname || '.' || p.proname || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')',
       pg_catalog.pg_get_functiondef(p.oid)
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname IN ('sql', 'plpgsql')
 WHERE n.nspname IN ('auth', 'storage', 'realtime') AND p.prokind IN ('f', 'p')
"""
_OWNER = """
SELECT pg_catalog.pg_get_userbyid(d.datdba)
  FROM pg_catalog.pg_database d
 WHERE d.datname = pg_catalog.current_database()
"""
_DATABASE_OWNER = "pg_database_owner"


def own_functions(source: Connection) -> Mapping[str, str]:
    """Return the functions in the platform's schemas as statements, by their signature."""
    with source.cursor() as cursor:
        cursor.execute(_OWN_FUNCTIONS)
        return {name: printed(text) for name, text in cursor.fetchall()}


def database_owner(source: Connection) -> str:
    """Return the owner of the database, who is `pg_database_owner` there."""
    with source.cursor() as cursor:
        cursor.execute(_OWNER)
        return str((cursor.fetchone() or ("",))[0])


def make_schemas(admin: Connection, live: Schema, owner: str) -> None:
    """Create the schemas of the source. Until `close_schemas` every role may create objects in them.

    A table's owner needs that privilege to be given the table, and may have lost it since in the source.

    Args:
        admin: The clone's superuser, in no transaction, while nothing foreign is there.
        live: The source.
        owner: The owner of the source. The clone's database has another owner, so that foreign code cannot create
            schemas.
    """
    with admin, admin.cursor() as cursor:
        for one in live.namespaces:
            name, mine = sql.identifier(one.name), sql.identifier(_is(one.owner, owner))
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {name}; ALTER SCHEMA {name} OWNER TO {mine}")
            cursor.execute(f"GRANT ALL ON SCHEMA {name} TO PUBLIC")


def close_schemas(clone: Connection, live: Schema, owner: str) -> None:
    """Grant the same privileges on the schemas as in the source.

    Args:
        clone: As the role that logs in, in autocommit.
        live: The source.
        owner: The owner of the source.
    """
    cloned = reflect(clone)
    there = {one.name: one for one in cloned.namespaces}
    statements: list[str] = []
    for one in live.namespaces:
        name = sql.identifier(one.name)
        held = {grant.grantee for grant in there[one.name].grants} if one.name in there else set()
        statements.append(f"REVOKE ALL ON SCHEMA {name} FROM {sql.roles(sorted({'public', *held}))}")
        statements += [_grant(one, grant, owner) for grant in one.grants if _is(grant.grantee, owner) != LOGIN]
    statements += [
        f"GRANT USAGE ON SCHEMA {sql.identifier(schema)} TO {sql.role(role)}"
        for schema, role in sorted(set(_platform_owners(live, cloned)))
    ]
    from psycopg2.errors import InvalidGrantOperation

    with clone.cursor() as cursor:
        try:
            cursor.execute("; ".join([*statements, "SELECT"]))
        except InvalidGrantOperation:
            _one_by_one(cursor, statements)


def _one_by_one(cursor: Cursor, statements: Iterable[str]) -> None:
    """Run grants one at a time, without those to a role from which the grantor holds the same: it has it already."""
    from psycopg2.errors import InvalidGrantOperation

    for statement in statements:
        try:
            cursor.execute(statement)
        except InvalidGrantOperation:
            continue


def _platform_owners(live: Schema, cloned: Schema) -> Iterable[tuple[str, str]]:
    """Yield the schemas of the platform with those who own a table in the clone instead of its owner in the source.

    A foreign key is checked as the owner of the table that it refers to.
    """
    held = Privileges(live)
    for table in live.tables:
        same = cloned.table(*table.key) if is_platform(table.schema) else None
        if same is not None and same.owner != table.owner and held.uses(table.owner, table.schema):
            yield table.schema, same.owner


def _grant(schema: Namespace, grant: Grant, owner: str) -> str:
    option = " WITH GRANT OPTION" if grant.grantable else ""
    grantee = sql.role(_is(grant.grantee, owner))
    return f"GRANT {grant.privilege} ON SCHEMA {sql.identifier(schema.name)} TO {grantee}{option}"


def _is(role: str, owner: str) -> str:
    return owner if role == _DATABASE_OWNER else role


def carry_over(clone: Connection, live: Schema, functions: Mapping[str, str]) -> list[NotChecked]:
    """Create what the project added to the platform's schemas.

    Args:
        clone: As the role that logs in, in autocommit; the project's own schemas are restored.
        live: The source.
        functions: From `own_functions`.
    """
    from psycopg2 import Error

    missing: dict[str, str] = {}
    wanted = list(_wanted(live, reflect(clone), functions))
    with clone.cursor() as cursor:
        for _ in range(2):  # a function may need one that comes after it, a policy one that a policy needs
            missing.clear()
            for what, statements in wanted:
                try:
                    cursor.execute("; ".join(statements))
                except Error as error:
                    if clone.closed:
                        raise
                    said = (error.diag.message_primary or str(error)).strip()
                    missing[what] = f"not copied to the clone: {said}"
            if not missing:
                break
            wanted = [one for one in wanted if one[0] in missing]
    return [NotChecked(what, why, ours=True) for what, why in missing.items()]


def _wanted(live: Schema, there: Schema, functions: Mapping[str, str]) -> Iterable[tuple[str, list[str]]]:
    known = {f"{one.schema}.{one.name}" for one in there.functions}
    for one in live.functions:
        signature = f"{one.schema}.{one.name}({one.arguments})"
        if signature in functions and f"{one.schema}.{one.name}" not in known:
            routine = f"ROUTINE {sql.qualified(one.schema, one.name)}({one.arguments})"
            kind = routine.replace("ROUTINE", one.kind.upper(), 1)
            callers = sorted({grant.grantee for grant in one.grants} - {one.owner})
            statements = [functions[signature], f"ALTER {kind} OWNER TO {sql.identifier(one.owner)}"]
            statements.append(f"REVOKE ALL ON {kind} FROM PUBLIC")
            statements += [f"GRANT EXECUTE ON {kind} TO {sql.roles(callers)}"] if callers else []
            yield f"function {one.schema}.{one.name}", statements
    yield from _opened(live, there)
    policies = {(p.schema, p.table, p.name) for table in there.tables for p in table.policies}
    for table in live.tables:
        for policy in table.policies if is_platform(table.schema) else ():
            if (policy.schema, policy.table, policy.name) not in policies:
                yield f"policy {policy}", create_sql(policy)
    own = {trigger.name for trigger in there.triggers}
    for trigger in live.triggers:
        if is_platform(trigger.schema) and not is_platform(trigger.function[0]) and trigger.name not in own:
            yield f"trigger {trigger}", [trigger.definition]


def _opened(live: Schema, there: Schema) -> Iterable[tuple[str, list[str]]]:
    """Yield the platform's tables to which the API has more access than the platform itself grants."""
    api = reachable(live)
    for table in live.tables:
        same = there.table(*table.key) if is_platform(table.schema) else None
        held = {(one.grantee, one.privilege, one.column) for one in same.grants} if same is not None else set()
        name = sql.qualified(table.schema, table.name)
        statements = [
            f"GRANT {one.privilege}{f' ({sql.identifier(one.column)})' if one.column else ''} ON {name}"
            f" TO {sql.role(one.grantee)}"
            for one in (table.grants if same is not None else ())
            if one.grantee in api and one.privilege in ROWS and (one.grantee, one.privilege, one.column) not in held
        ]
        if statements:
            yield f"grants on {table}", statements
