"""Conditions that PostgreSQL itself reduces to true, read from the plan of a query on the clone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.schema import Policy

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_CONDITIONS = ("Filter", "One-Time Filter", "Index Cond", "Recheck Cond", "TID Cond")


def reduced_to_true(cursor: Cursor, policies: Iterable[Policy]) -> frozenset[Policy]:
    """Return the permissive policies whose condition is true for every row and every caller.

    The planner computes constants and immutable functions, and knows which columns are NOT NULL (from PostgreSQL 17
    on); a plan without a condition has none to evaluate. It runs on the clone, as a role without privileges
    over its server, because planning runs the project's own immutable functions.

    Args:
        cursor: On the clone, in a transaction.
        policies: The policies.

    Source: https://www.postgresql.org/docs/17/sql-explain.html
    """
    return frozenset(policy for policy in policies if policy.permissive and _is_true(cursor, policy))


def _is_true(cursor: Cursor, policy: Policy) -> bool:
    conditions = [text for text in (policy.using, policy.check) if text is not None]
    if policy.command in ("update", "all") and policy.using is None:
        return False  # without USING, no row is let through
    return bool(conditions) and all(_disappears(cursor, policy, text) for text in conditions)


def _disappears(cursor: Cursor, policy: Policy, condition: str) -> bool:
    from psycopg2 import Error

    table = sql.qualified(policy.schema, policy.table)
    cursor.execute("SAVEPOINT gatepost_plan; SET LOCAL search_path = pg_catalog, pg_temp")
    try:
        cursor.execute(f"EXPLAIN (COSTS OFF, FORMAT JSON) SELECT FROM ONLY {table} WHERE ({condition}\n)")
        (row,) = cursor.fetchall()
        plan = row[0][0]["Plan"]
    except Error:  # the plan cannot be made here: nothing is proved
        return False
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_plan; RELEASE SAVEPOINT gatepost_plan")
    return plan["Node Type"] == "Seq Scan" and not any(name in plan for name in _CONDITIONS)
