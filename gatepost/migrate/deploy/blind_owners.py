"""Find owners of tables who would no longer see the rows: row security is forced, and they do not bypass it.

On a hosted Supabase project the owner, `postgres`, bypasses row security. On RDS and elsewhere the role that migrates
is often the one that the backend logs in as, and has no such attribute.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from gatepost.database.reading import reading
from gatepost.display import line
from gatepost.errors import MigrationError
from gatepost.sql import identifier

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

log = logging.getLogger("gatepost.migrate")

ALLOW = "blind-owner"
"""The argument (`alembic -x blind-owner upgrade head`) of who knows, because the backend logs in as another role."""

_FORCED = "SELECT c.oid::bigint FROM pg_class c WHERE c.relforcerowsecurity"
_BLIND = """
SELECT o.rolname, n.nspname || '.' || c.relname, pg_relation_size(c.oid) > 0
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_roles o ON o.oid = c.relowner AND NOT o.rolsuper AND NOT o.rolbypassrls
 WHERE c.relforcerowsecurity AND c.oid::bigint <> ALL (%s::bigint[])
   AND NOT EXISTS (SELECT FROM pg_policy p, unnest(p.polroles) r (role)
                    WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
                      AND (r.role = 0 OR pg_has_role(o.oid, r.role, 'USAGE')))
 ORDER BY o.rolname, 2
"""


def forced_tables(connection: Connection) -> frozenset[int]:
    """Return the tables on which row security holds for their owner too, by OID."""
    with reading(connection) as found:
        found.cursor.execute(_FORCED)
        return frozenset(oid for (oid,) in found.cursor.fetchall())


def refuse_blind_owners(connection: Connection, before: frozenset[int], *, allowed: bool) -> None:
    """Refuse to commit a run that hides the rows of a table from its owner, and warn where there are none yet.

    Args:
        connection: Inside the run's transaction.
        before: What `forced_tables` returned when the run began.
        allowed: Whether to warn only.

    Raises:
        MigrationError: there are rows that the owner would no longer see.
    """
    with reading(connection) as found:
        found.cursor.execute(_BLIND, (list(before),))
        rows = found.cursor.fetchall()
    if not rows:
        return
    owner = rows[0][0]
    filled = [table for name, table, has_rows in rows if has_rows and name == owner]
    tables = filled or [table for name, table, _ in rows if name == owner]
    named = f'"{line(tables[0])}"' + (f" and {len(tables) - 1} more tables" if tables[1:] else "")
    said = (
        f'"{line(owner)}" owns {named} and does not bypass row security, which is now forced: as long as no policy'
        f" names the role, a backend that logs in as it {'no longer sees the rows' if filled else 'sees no rows'}"
    )
    fix = (
        f"ALTER ROLE {identifier(owner)} BYPASSRLS  # where you are allowed to; or protect(…, forced=False), so that"
        " row security leaves the owner out; or a policy for the backend:"
        f' allow("all", to=Role("{line(owner)}"), where=anything); or, if it logs in as another role:'
        f" alembic -x {ALLOW} upgrade head"
    )
    if filled and not allowed:
        raise MigrationError(f"{said}; it is not committed", fix)
    log.warning("%s\n  %s", said, fix)
