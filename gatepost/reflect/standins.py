"""The extensions of a database that are stand-ins of ours, and what of the schema needs them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gatepost.finding import NotChecked
from gatepost.local import standins
from gatepost.schema import is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

PREINSTALLED = ("uuid-ossp", "pg_graphql", "supabase_vault", "pg_stat_statements")
"""Extensions that every hosted project has before its first migration, besides pgcrypto."""
USED_OF_EXTENSIONS = """
WITH member AS (
    SELECT e.extname, m.classid, m.objid
      FROM pg_catalog.pg_extension e
      JOIN pg_catalog.pg_depend m ON m.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
           AND m.refobjid = e.oid AND m.deptype = 'e'
), used AS (
    SELECT * FROM member
    UNION
    SELECT m.extname, m.classid, t.oid
      FROM member m JOIN pg_catalog.pg_type t ON t.typelem = m.objid AND t.typlen = -1
     WHERE m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
)
"""
"""The start of a query about extensions: their objects, and those with the arrays of their types."""
_USERS = (
    USED_OF_EXTENSIONS
    + r"""
SELECT DISTINCT u.extname, n.nspname, c.relname || coalesce('.' || p.polname, ''), p.oid IS NOT NULL
  FROM used u
  JOIN pg_catalog.pg_depend d ON d.refclassid = u.classid AND d.refobjid = u.objid AND d.deptype <> 'e'
  LEFT JOIN pg_catalog.pg_policy p ON d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND p.oid = d.objid
  LEFT JOIN pg_catalog.pg_attrdef a ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND a.oid = d.objid
  LEFT JOIN pg_catalog.pg_constraint k
         ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objid
  LEFT JOIN pg_catalog.pg_trigger t ON d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND t.oid = d.objid
  JOIN pg_catalog.pg_class c ON c.relkind IN ('r', 'p', 'v', 'm') AND c.oid = coalesce(
           p.polrelid, a.adrelid, k.conrelid, t.tgrelid,
           CASE WHEN d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass THEN d.objid END)
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE u.extname = ANY (%(names)s)
   AND NOT EXISTS (SELECT FROM member m WHERE m.classid = d.classid AND m.objid = d.objid)
   AND NOT EXISTS (SELECT FROM member m
                    WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = c.oid)
 UNION
SELECT w.extname, n.nspname, c.relname || '.' || p.polname, true
  FROM (SELECT m.extname, '\m(' || pg_catalog.string_agg(DISTINCT f.proname, '|') || ')\M' AS words
          FROM member m
          JOIN pg_catalog.pg_proc f ON m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND f.oid = m.objid
         WHERE m.extname = ANY (%(names)s)
         GROUP BY m.extname) AS w
  JOIN pg_catalog.pg_proc h ON h.prosrc OPERATOR(pg_catalog.~*) w.words
  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid = h.oid
       AND d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
  JOIN pg_catalog.pg_policy p ON p.oid = d.objid
  JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT EXISTS (SELECT FROM member m
                    WHERE m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND m.objid = h.oid)
 ORDER BY 1, 2, 3
"""
)
"""What depends on a stand-in, and the policies that call a function whose text names a function of one."""


def used_standins(connection: Connection) -> tuple[str, ...]:
    """Return the stand-ins that are in the database, without those that every project has."""
    with connection.cursor() as cursor:
        cursor.execute(standins.INSTALLED, [list(PREINSTALLED)])
        return tuple(str(name) for (name,) in cursor.fetchall())


def of_standins(connection: Connection, names: Iterable[str]) -> list[NotChecked]:
    """Return what the stand-ins of a database stand in for, and the tables and policies that need them.

    Only a policy that calls one is not known by it: of a table, a stand-in gives a column its type or its default.
    """
    names = list(names)
    if not names:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_USERS, {"names": names})
        users = cursor.fetchall()
    why = 'the extension "{}" is a stand-in here, which computes little'
    found = [
        NotChecked(
            f"{schema}.{what}",
            why.format(name),
            True,
            "" if policy else "its row security and its policies do not use it",
        )
        for name, schema, what, policy in users
        if policy or not is_platform(schema)
    ]
    unused = sorted(set(names) - {name for name, *_ in users})
    if unused:
        what = f"extension{'s' if len(unused) > 1 else ''} {', '.join(unused)}"
        found.append(NotChecked(what, "a stand-in of ours is here", True, "no table and no policy uses it"))
    return found
