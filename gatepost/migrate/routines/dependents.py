"""What uses a function that is dropped, what PostgreSQL cannot replace, and what belongs to an extension."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from alembic_utils.pg_function import PGFunction
from alembic_utils.reversible_op import ReplaceOp

from gatepost.canonical.savepoints import rolled_back
from gatepost.database.reading import reading
from gatepost.errors import MigrationError
from gatepost.migrate.pending_changes import statement

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

    from gatepost.migrate.blocking_policies import PolicyKey
    from gatepost.migrate.routines.live_access import Key

_REFUSED = ("42P13", "42P16")
"""SQLSTATE of another result, another name of an argument or fewer defaults."""

_DEPENDENTS = """
SELECT n.nspname, p.proname || '(' || oidvectortypes(p.proargtypes) || ')',
       tn.nspname, t.relname, y.polname, pg_describe_object(d.classid, d.objid, d.objsubid)
  FROM unnest(%s::text[], %s::text[]) wanted(schema, signature)
  JOIN pg_namespace n ON n.nspname = wanted.schema
  JOIN pg_proc p ON p.pronamespace = n.oid
               AND p.proname || '(' || oidvectortypes(p.proargtypes) || ')' = wanted.signature
  JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid AND d.deptype = 'n'
  LEFT JOIN pg_policy y ON d.classid = 'pg_policy'::regclass AND y.oid = d.objid
  LEFT JOIN pg_class t ON t.oid = y.polrelid
  LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
"""
_OF_EXTENSIONS = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('v', 'm')
   AND EXISTS (SELECT FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""


def dependents(
    cursor: Cursor, dropped: Collection[Key], again: Collection[Key]
) -> tuple[dict[PolicyKey, str], frozenset[Key]]:
    """Return the policies that use functions which are dropped, each with its function; and what others use.

    Args:
        cursor: Inside the transaction.
        dropped: The functions that are dropped.
        again: Those of them that are dropped to be made again.

    Raises:
        MigrationError: something else than a policy uses a function that is dropped only to be made again.
    """
    if not dropped:
        return {}, frozenset()
    with reading(cursor.connection) as there:
        there.cursor.execute(_DEPENDENTS, ([key[0] for key in dropped], [key[1] for key in dropped]))
        rows = there.cursor.fetchall()
    policies: dict[PolicyKey, str] = {}
    used = set()
    for schema, signature, *policy, description in rows:
        if policy[0] is not None:
            policies[policy[0], policy[1], policy[2]] = f"{schema}.{signature}"
        elif (schema, signature) in again:
            raise MigrationError(
                f'the {description} uses the function "{schema}.{signature}", which has to be dropped and made again',
                "give the new function another name, or take it out of use in a revision before",
            )
        else:
            used.add((schema, signature))
    return policies, frozenset(used)


def refused_replacements(cursor: Cursor, replacing: Iterable[ReplaceOp]) -> frozenset[str]:
    """Return the identities of the functions that CREATE OR REPLACE cannot turn into their new version."""
    from psycopg2 import Error

    refused = set()
    for op in replacing:
        if isinstance(op.target, PGFunction):
            try:
                with rolled_back(cursor, "gatepost_replace"):
                    cursor.execute(statement(op))
            except Error as error:
                if error.pgcode in _REFUSED:
                    refused.add(op.target.identity)
    return frozenset(refused)


def extension_views(cursor: Cursor) -> frozenset[Key]:
    """Return the views that extensions brought."""
    with reading(cursor.connection) as there:
        there.cursor.execute(_OF_EXTENSIONS)
        return frozenset((schema, name) for schema, name in there.cursor.fetchall())
