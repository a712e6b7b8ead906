"""What a script takes away column by column, while a grant on the whole table still gives it.

PostgreSQL accepts `REVOKE SELECT (salary) ON employees` where the role may read the table, changes nothing, and keeps
no trace of it (https://www.postgresql.org/docs/17/sql-revoke.html): only who runs the script can notice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.schema import Revoked

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_REVOKE = re.compile(
    r"^\s*revoke\s+(?P<what>[^;]*?\([^;]*?\)[^;]*?)\s+on\s+(?:table\s+)?(?P<tables>[^;]+?)\s+from\s+(?P<roles>[^;]+)",
    re.IGNORECASE | re.DOTALL,
)
_PIECE = re.compile(r"(?P<privilege>select|insert|update)\s*\((?P<columns>[^)]*)\)", re.IGNORECASE)
_BEHIND = re.compile(r"\s+(?:cascade|restrict|granted\s+by\b.*)\s*$", re.IGNORECASE | re.DOTALL)
_HELD = """
SELECT n.nspname, c.relname, a.attname, r.rolname
  FROM pg_catalog.unnest(%s::text[]) AS t (name)
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(t.name)
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
   AND a.attname OPERATOR(pg_catalog.=) ANY (%s::name[])
  JOIN pg_catalog.pg_roles r ON r.rolname OPERATOR(pg_catalog.=) ANY (%s::name[])
 WHERE pg_catalog.has_column_privilege(r.oid, c.oid, a.attnum, %s)
 ORDER BY 1, 2, a.attnum, 4
"""


def still_held(cursor: Cursor, text: str, place: str) -> Iterator[Revoked]:
    """Yield the columns that a REVOKE names and whose privilege the role still has, right after it was run.

    Args:
        cursor: Where it was run, with the search path that it had.
        text: The statement.
        place: Its file and line.
    """
    found = _REVOKE.match("".join(token.text for token in sql.tokens(text) if token.kind != "comment"))
    if found is None:
        return
    tables = _names(found["tables"])
    roles = [sql.tokens(name)[0].name or "" for name in _names(_BEHIND.sub("", found["roles"]))]
    for piece in _PIECE.finditer(found["what"]):
        columns = [sql.tokens(name)[0].name or "" for name in _names(piece["columns"])]
        cursor.execute(_HELD, [tables, columns, roles, piece["privilege"]])
        for schema, table, column, role in cursor.fetchall():
            yield Revoked(schema, table, column, role, piece["privilege"].upper(), place)


def _names(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]
