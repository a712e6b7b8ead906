"""Remove rows that violate a key that SQLite did not enforce: duplicates, and children without a parent.

They are removed inside the transaction. A child of a removed row is an orphan too, so the search for orphans repeats
until it finds none. This happens before any foreign key is restored, because a foreign key could silently delete the
children together with a parent.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg2.extensions import connection as Connection

from gatepost import sql
from gatepost.transfer.compare.fingerprints import Tally, row_fingerprint, text_of
from gatepost.transfer.encode.copy_text import shortened
from gatepost.transfer.load.indexes_and_keys import Part
from gatepost.transfer.load.rejects import TableRejects, restored
from gatepost.transfer.masking import shown
from gatepost.transfer.source.sqlite import Row
from gatepost.transfer.values import ForeignKey, Reject, TablePlan, TargetColumn

_PART = 2_000
_ORPHANS = "pg_temp.gatepost_orphans"
_PLACES = "relation oid, place tid, key int, PRIMARY KEY (relation, place)"
_MAKE_ORPHANS = f"CREATE TEMP TABLE gatepost_orphans ({_PLACES}) ON COMMIT DROP"
_STAYS = f"(parent.tableoid, parent.ctid) NOT IN (SELECT relation, place FROM {_ORPHANS})"
_BARE = frozenset({"int2", "int4", "int8", "float4", "float8", "numeric"})


def remove_doubles(connection: Connection, plan: TablePlan, part: Part, rejects: TableRejects) -> Tally:
    """Remove all but the first of the rows that a unique key allows once; return the removed rows."""
    table = sql.qualified(part.schema, part.table)
    places = (
        f"SELECT place FROM (SELECT ctid AS place, row_number() OVER (PARTITION BY {', '.join(part.once)} "
        f"ORDER BY ctid) AS number FROM {table} WHERE {part.among}) AS counted WHERE number > 1"
    )
    reason = f'is there already, and "{part.name}" allows it once'
    return _remove(connection, plan, f"ctid = ANY (ARRAY({places}))", _named(plan, part.once), reason, rejects)


def remove_orphans(
    connection: Connection, plans: Iterable[TablePlan], names: set[tuple[str, str]], rejects: dict[str, TableRejects]
) -> dict[str, Tally]:
    """Remove the rows without a parent, then their children, and so on.

    Args:
        connection: The target.
        plans: The tables that were loaded.
        names: The foreign keys that are off, as table and name.
        rejects: Where to keep the rows, by table.

    Returns:
        What was taken out, by table.
    """
    keys = _named_keys(plans, names)
    removed: dict[str, Tally] = {}
    found = True
    while found:
        found = False
        for plan, key in keys:
            reason = f'has no row in "{plan.target.parent(key)}"'
            gone = _remove(connection, plan, _orphaned(plan, key), set(key.columns), reason, rejects[plan.name])
            if gone.rows:
                removed[plan.name] = removed.get(plan.name, Tally.of(plan)) + gone
                found = True
    return removed


def remove_orphans_at_once(
    connection: Connection, plans: Iterable[TablePlan], names: set[tuple[str, str]], rejects: dict[str, TableRejects]
) -> dict[str, Tally]:
    """Do the same while the foreign keys are on: find all orphans, and remove them in one statement.

    Removed one after the other, a parent would take its children along or change them (ON DELETE CASCADE, SET NULL),
    or be kept by them (RESTRICT). What a key does on deletion happens at the end of the statement.

    Args:
        connection: The target.
        plans: The tables that were loaded.
        names: The foreign keys that rows violate, as table and name.
        rejects: Where to keep the rows, by table.

    Returns:
        What was taken out, by table.
    """
    keys = _named_keys(plans, names)
    tables = {plan.name: plan for plan, _ in keys}
    removed: dict[str, Tally] = {}
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {_ORPHANS}; {_MAKE_ORPHANS}")
        found = True
        while found:
            found = False
            for number, (plan, key) in enumerate(keys):
                cursor.execute(
                    f"INSERT INTO {_ORPHANS} SELECT tableoid, ctid, {number} FROM {_table(plan)}"
                    f" WHERE {_orphaned(plan, key, _STAYS)} ON CONFLICT DO NOTHING"
                )
                found = found or cursor.rowcount > 0
        gone, rows = zip(*(_gone(number, plan) for number, plan in enumerate(tables.values())), strict=True)
        cursor.execute(f"WITH {', '.join(gone)} {' UNION ALL '.join(rows)}")
        while part := cursor.fetchmany(_PART):
            for number, fingerprint, row in part:
                plan, key = keys[number]
                total = removed.get(plan.name, Tally.of(plan))
                removed[plan.name] = total + Tally(1, fingerprint, tuple(int(text is None) for text in row))
                reason = f'has no row in "{plan.target.parent(key)}"'
                rejects[plan.name].add((_reject(plan, row, set(key.columns), reason),), _values(plan, row))
        cursor.execute(f"DROP TABLE {_ORPHANS}")
    return removed


def _gone(number: int, plan: TablePlan) -> tuple[str, str]:
    """Return the part of a statement that removes a table's orphans, and the query that returns them."""
    texts = ", ".join(text_of(column.target) for column in plan.columns)
    removing = (
        f"gone_{number} (relation, place, fingerprint, texts) AS (DELETE FROM {_table(plan)}"
        f" WHERE (tableoid, ctid) IN (SELECT relation, place FROM {_ORPHANS})"
        f" RETURNING tableoid, ctid, {row_fingerprint(plan)}, ARRAY[{texts}]::text[])"
    )
    return removing, f"SELECT key, fingerprint, texts FROM gone_{number} JOIN {_ORPHANS} USING (relation, place)"


def _table(plan: TablePlan) -> str:
    return sql.qualified(plan.target.schema, plan.target.name)


def _named_keys(plans: Iterable[TablePlan], names: set[tuple[str, str]]) -> list[tuple[TablePlan, ForeignKey]]:
    return [(plan, key) for plan in plans for key in plan.target.foreign_keys if (plan.name, key.name) in names]


def _orphaned(plan: TablePlan, key: ForeignKey, stays: str = "true") -> str:
    here = [f"{sql.identifier(plan.name)}.{sql.identifier(column)}" for column in key.columns]
    there = [f"parent.{sql.identifier(column)}" for column in key.parent_columns]
    present = " AND ".join(f"{column} IS NOT NULL" for column in here)
    equal = " AND ".join(f"{a} = {b}" for a, b in zip(there, here, strict=True))
    parent = sql.qualified(key.parent_schema, key.parent)
    return f"{present} AND NOT EXISTS (SELECT FROM {parent} AS parent WHERE {equal} AND {stays})"


def _remove(
    connection: Connection, plan: TablePlan, where: str, blamed: set[str], reason: str, rejects: TableRejects
) -> Tally:
    texts = ", ".join(text_of(column.target) for column in plan.columns)
    total = Tally.of(plan)
    with connection.cursor() as cursor:
        table = sql.qualified(plan.target.schema, plan.target.name)
        cursor.execute(f"DELETE FROM {table} WHERE {where} RETURNING {row_fingerprint(plan)}, {texts}")
        while rows := cursor.fetchmany(_PART):
            for fingerprint, *row in rows:
                total += Tally(1, fingerprint, tuple(int(text is None) for text in row))
                rejects.add((_reject(plan, row, blamed, reason),), _values(plan, row))
    return total


def _reject(plan: TablePlan, row: list[str | None], blamed: set[str], reason: str) -> Reject:
    values = {c.target.name: _shown(c.target, text) for c, text in zip(plan.columns, row, strict=True)}
    key = ", ".join(f"{name}={values[name]}" for name in plan.target.key or values if name in values)
    columns = [name for name in values if name in blamed]
    return Reject(plan.name, key, ", ".join(columns), ", ".join(values[name] for name in columns), reason)


def _values(plan: TablePlan, row: list[str | None]) -> Row:
    return tuple(restored(column.target.type, text) for column, text in zip(plan.columns, row, strict=True))


def _shown(column: TargetColumn, text: str | None) -> str:
    return shown(column.name, text if text is not None and column.type.family in _BARE else shortened(text))


def _named(plan: TablePlan, expressions: tuple[str, ...]) -> set[str]:
    """Return the columns that an index is on; a report names none for an index on an expression."""
    by_expression = {sql.identifier(c.target.name): c.target.name for c in plan.columns}
    plain = {c.target.name: c.target.name for c in plan.columns}
    return {name for e in expressions if (name := by_expression.get(e) or plain.get(e))}
