"""Load rows already frozen, so that no later reader or VACUUM has to rewrite every page.

`COPY … (FREEZE)` needs a table that was truncated in the same subtransaction
(https://www.postgresql.org/docs/17/sql-copy.html). Truncating an empty table changes nothing, and is rolled back
with the transaction. It is skipped wherever somebody could notice it.
"""

from __future__ import annotations

from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.transfer.planning.target_tables import filled
from gatepost.transfer.values import TablePlan

_FREEZABLE = """
SELECT c.oid::int8 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY (%s::oid[]) AND c.relkind = 'r' AND current_setting('transaction_isolation') = 'read committed'
  AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = c.oid AND k.conrelid <> c.oid)
  AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid)
  AND NOT EXISTS (SELECT FROM pg_publication_tables p WHERE p.schemaname = n.nspname AND p.tablename = c.relname)
"""
"""Triggers may read the table while it is filled; with foreign keys, children or subscribers, TRUNCATE does more."""


def freezable(connection: Connection, tables: tuple[TablePlan, ...]) -> frozenset[str]:
    """Return the names of the tables whose rows may be written frozen, by a caller who holds their locks."""
    with connection.cursor() as cursor:
        cursor.execute(_FREEZABLE, ([table.target.oid for table in tables],))
        oids = {oid for (oid,) in cursor.fetchall()}
    chosen = tuple(table.target for table in tables if table.target.oid in oids)
    return frozenset(table.name for table in chosen) - filled(connection, chosen)


def truncate_for_freeze(plan: TablePlan) -> str:
    """Return what must precede the COPY, in the same subtransaction."""
    return f"TRUNCATE ONLY {sql.qualified(plan.target.schema, plan.target.name)}"
