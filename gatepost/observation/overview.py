"""Show what a persona may do with each table: its privileges, and the rows that it actually sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.personas import Persona, impersonated
from gatepost.schema import COMMANDS, Command, Schema, Table

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_PRIVILEGES = """
SELECT n.nspname, c.relname, p.privilege
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) p(privilege)
 WHERE c.relkind IN ('r', 'p') AND has_schema_privilege(%(role)s, n.oid, 'USAGE')
   AND (has_table_privilege(%(role)s, c.oid, p.privilege)
        OR (p.privilege <> 'DELETE' AND has_any_column_privilege(%(role)s, c.oid, p.privilege)))
"""


@dataclass(frozen=True)
class Reach:
    """What one persona may do with one table.

    `commands` are those that a privilege and a policy allow; a role that bypasses row security needs no policy. `rows`
    is how many rows it sees, or None where PostgreSQL denies access to the table.
    """

    persona: Persona
    table: tuple[str, str]
    commands: tuple[Command, ...]
    rows: int | None


def reach(cursor: Cursor, live: Schema, tables: Iterable[Table], persona: Persona) -> tuple[Reach, ...]:
    """Return what a persona may do with each table.

    Args:
        cursor: Inside a transaction, as a role that may switch to the persona's role.
        live: The database.
        tables: The tables.
        persona: The persona.
    """
    cursor.execute(_PRIVILEGES, {"role": persona.role})
    held = {(schema, name, privilege.lower()) for schema, name, privilege in cursor.fetchall()}
    bypasses = any(role.name == persona.role and role.bypass_row_security for role in live.roles)
    return tuple(
        Reach(
            persona,
            table.key,
            tuple(
                command
                for command in COMMANDS
                if (*table.key, command) in held and (bypasses or _has_policy(table, persona.role, command))
            ),
            _rows_seen(cursor, table, persona),
        )
        for table in tables
    )


def _has_policy(table: Table, role: str, command: Command) -> bool:
    return not table.row_security.enabled or any(
        policy.permissive and policy.command in (command, "all") and {role, "public"} & set(policy.roles)
        for policy in table.policies
    )


def _rows_seen(cursor: Cursor, table: Table, persona: Persona) -> int | None:
    from psycopg2 import errors

    try:
        with impersonated(cursor, persona):
            cursor.execute(f"SELECT count(*) FROM {sql.qualified(table.schema, table.name)}")
            row = cursor.fetchone()
            return int(row[0]) if row else 0
    except errors.InsufficientPrivilege:
        return None
