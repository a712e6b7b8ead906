"""Let PostgreSQL choose, among many values, those that the constraints of a table accept: in one statement."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.schema import Column

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

Values = Mapping[str, str | None]

_FITTING = """
CREATE OR REPLACE FUNCTION pg_temp.gatepost_fitting(query text, given jsonb, most integer) RETURNS integer[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $fitting$
DECLARE
  one jsonb;
  place integer := 0;
  fits boolean;
  found integer[] := '{}';
BEGIN
  FOR one IN SELECT e FROM jsonb_array_elements(given) e LOOP
    BEGIN
      EXECUTE query INTO fits USING one;
    EXCEPTION WHEN others THEN  -- a value that a cast or a function refuses
      fits := false;
    END;
    IF fits THEN
      found := found || place;
      EXIT WHEN cardinality(found) >= most;
    END IF;
    place := place + 1;
  END LOOP;
  RETURN found;
END $fitting$
"""
_CHECK = re.compile(r"CHECK (.*?)(?: NO INHERIT)?(?: NOT VALID)?", re.DOTALL)


def fitting(
    cursor: Cursor,
    columns: Sequence[Column],
    generated: Mapping[str, str],
    checks: Sequence[str],
    given: Sequence[Sequence[Values]],
    most: int = 1,
) -> list[int]:
    """Return which of several groups of rows the constraints accept, by their places, the first ones.

    Args:
        cursor: Inside a transaction.
        columns: The columns that the rows hold.
        generated: How the columns are computed that depend on them, by name.
        checks: The definitions of the CHECK constraints.
        given: The groups; of each, every row must be accepted.
        most: How many places to return.
    """
    from psycopg2 import Error

    cursor.execute("SAVEPOINT gatepost_fitting")
    try:
        cursor.execute(_FITTING)
        cursor.execute(
            "SELECT pg_temp.gatepost_fitting(%s, %s, %s)",
            (_query(columns, generated, checks), json.dumps([list(map(dict, rows)) for rows in given]), most),
        )
        [(found,)] = cursor.fetchall()
    except Error:  # a database may forbid temporary functions, and a constraint may take too long
        found = []
    cursor.execute("ROLLBACK TO SAVEPOINT gatepost_fitting; RELEASE SAVEPOINT gatepost_fitting")
    return list(found)


def _query(columns: Sequence[Column], generated: Mapping[str, str], checks: Sequence[str]) -> str:
    """Return the query for whether the constraints accept all rows of a group; $1 is the group."""
    held = ", ".join(f"(r ->> {sql.literal(c.name)})::{c.type} AS {sql.identifier(c.name)}" for c in columns)
    computed = ", ".join(f"({text}) AS {sql.identifier(name)}" for name, text in generated.items())
    conditions = [f"({match[1]}) IS NOT FALSE" for check in checks if (match := _CHECK.fullmatch(check))]
    conditions += [f"{sql.identifier(c.name)} IS NOT NULL" for c in columns if c.not_null]
    lateral = f" CROSS JOIN LATERAL (SELECT {computed}) g" if computed else ""
    return (
        f"SELECT coalesce(bool_and({' AND '.join(conditions) or 'true'}), false)"
        f" FROM (SELECT {held} FROM jsonb_array_elements($1) r OFFSET 0) v{lateral}"
    )
