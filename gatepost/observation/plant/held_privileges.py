"""Read which relations and columns a role may read and write, with what it has by its memberships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.schema import Table

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_PRIVILEGES = """
SELECT n.nspname, c.relname, p.privilege,
       CASE WHEN has_table_privilege(%(role)s, c.oid, p.privilege) THEN NULL
            ELSE ARRAY(SELECT a.attname::text FROM pg_attribute a
                        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND p.privilege <> 'DELETE'
                          AND has_column_privilege(%(role)s, c.oid, a.attnum, p.privilege)) END
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) p(privilege)
 WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND has_schema_privilege(%(role)s, n.oid, 'USAGE')
   AND (has_table_privilege(%(role)s, c.oid, p.privilege)
        OR (p.privilege <> 'DELETE' AND has_any_column_privilege(%(role)s, c.oid, p.privilege)))
"""


@dataclass(frozen=True)
class HeldPrivileges:
    """The privileges of a role: the columns of each (schema, relation, command), or None for the whole relation."""

    held: Mapping[tuple[str, str, str], tuple[str, ...] | None]

    def columns(self, table: Table, command: str) -> tuple[str, ...]:
        """Return the columns that the role may use with a command, in the table's order."""
        found = self.held.get((*table.key, command), ())
        names = tuple(column.name for column in table.columns)
        return names if found is None else tuple(name for name in names if name in found)

    def has(self, relation: tuple[str, str], command: str) -> bool:
        """Return whether the role may use a command on any part of the relation."""
        return (*relation, command) in self.held

    def whole(self, relation: tuple[str, str], command: str) -> bool:
        """Return whether the role may use a command on every column of the relation."""
        return self.held.get((*relation, command), ()) is None


def privileges(cursor: Cursor, role: str) -> HeldPrivileges:
    """Return what a role holds on every table and view."""
    cursor.execute(_PRIVILEGES, {"role": role})
    return HeldPrivileges({(s, n, p.lower()): None if c is None else tuple(c) for s, n, p, c in cursor.fetchall()})
