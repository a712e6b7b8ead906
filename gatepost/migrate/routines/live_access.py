"""Who may use views and functions of a database, and with which options a view stands there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from alembic_utils.reversible_op import CreateOp

from gatepost.canonical.savepoints import rolled_back
from gatepost.database.reading import reading
from gatepost.migrate.entities.privileges import Access, On
from gatepost.migrate.pending_changes import statement
from gatepost.schema import PLATFORM_GRANTORS, Grant

if TYPE_CHECKING:
    from alembic_utils.pg_function import PGFunction
    from psycopg2.extensions import cursor as Cursor
    from sqlalchemy import TextClause

Key = tuple[str, str]
"""Schema and name; a function's name has the types of its arguments."""
_TRUE = frozenset(("", "1", "on", "t", "true", "y", "yes"))

_RELATIONS = """
WITH wanted AS MATERIALIZED (
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relowner, c.relacl, coalesce(c.reloptions, '{}') AS options
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('v', 'm') AND n.nspname = ANY (%s)
)
SELECT nspname, relname, relkind = 'v', options, NULL::text, NULL::text, NULL::boolean, NULL::name,
       NULL::name
  FROM wanted
UNION ALL
SELECT nspname, relname, relkind = 'v', options,
       CASE WHEN x.grantee <> 0 THEN pg_get_userbyid(x.grantee)::text ELSE 'public' END,
       x.privilege_type, x.is_grantable, NULL, pg_get_userbyid(x.grantor)
  FROM wanted CROSS JOIN aclexplode(coalesce(relacl, acldefault('r', relowner))) x
 WHERE x.grantee <> relowner
UNION ALL
SELECT nspname, relname, relkind = 'v', options,
       CASE WHEN x.grantee <> 0 THEN pg_get_userbyid(x.grantee)::text ELSE 'public' END,
       x.privilege_type, x.is_grantable, a.attname, pg_get_userbyid(x.grantor)
  FROM wanted JOIN pg_attribute a ON a.attrelid = wanted.oid AND a.attacl IS NOT NULL
 CROSS JOIN aclexplode(a.attacl) x
 WHERE x.grantee <> relowner
"""
_FUNCTIONS = """
SELECT n.nspname, p.proname || '(' || oidvectortypes(p.proargtypes) || ')',
       CASE WHEN x.grantee <> 0 THEN pg_get_userbyid(x.grantee)::text ELSE 'public' END,
       x.privilege_type, x.is_grantable, pg_get_userbyid(x.grantor)
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  LEFT JOIN aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x ON x.grantee <> p.proowner
 WHERE n.nspname = ANY (%s) AND p.prokind = 'f'
"""


def live_access(cursor: Cursor, schemas: Iterable[str]) -> dict[Key, Access]:
    """Return the access to every view, materialized view and function of some schemas."""
    found: defaultdict[tuple[On, str, str, tuple[str, ...] | None], set[Grant]] = defaultdict(set)
    names = sorted(set(schemas))
    with reading(cursor.connection) as there:
        there.cursor.execute(_RELATIONS, (names,))
        for schema, name, plain, options, role, privilege, grantable, column, grantor in there.cursor.fetchall():
            held = found["table", schema, name, tuple(_spelled_out(options)) if plain else None]
            if privilege is not None and grantor not in PLATFORM_GRANTORS:
                held.add(Grant(role, privilege, column, grantable))
        there.cursor.execute(_FUNCTIONS, (names,))
        for schema, name, role, privilege, grantable, grantor in there.cursor.fetchall():
            held = found["routine", schema, name, None]
            if privilege is not None and grantor not in PLATFORM_GRANTORS:
                held.add(Grant(role, privilege, None, grantable))
    return {
        (schema, name): Access(on, schema, name, tuple(sorted(grants, key=str)), options)
        for (on, schema, name, options), grants in found.items()
    }


def _spelled_out(options: Iterable[str]) -> Iterator[str]:
    """Yield the options of a view as a declaration spells them: `security_invoker=on` is `=true`, and off is unset."""
    for option in options:
        name, _, value = option.partition("=")
        if name not in ("security_invoker", "security_barrier"):
            yield option
        elif value.lower() in _TRUE:
            yield f"{name}=true"


def addresses(cursor: Cursor, functions: Iterable[PGFunction]) -> dict[str, Key]:
    """Return each function's schema and name with the types of its arguments, by alembic-utils' identity.

    Only PostgreSQL can say which of the words of `f(a b, c)` are types. A function that is not there is made for a
    moment; one that cannot be made is left out.
    """
    from psycopg2 import Error

    found: dict[str, Key] = {}
    for function in functions:
        dropping: TextClause = function.to_sql_statement_drop()  # type: ignore[no-untyped-call]
        name = dropping.text.strip().removeprefix("DROP FUNCTION")
        making = statement(CreateOp(function))
        with rolled_back(cursor, "gatepost_address"):
            for before in ((), (making,)):
                try:
                    with rolled_back(cursor, "gatepost_mark"):
                        for command in (*before, f"COMMENT ON FUNCTION {name} IS 'gatepost: this one'"):
                            cursor.execute(command)
                        cursor.execute("SELECT pg_catalog.set_config('search_path', '', true)")
                        cursor.execute(_MARKED)
                        found[function.identity] = cursor.fetchall()[0]
                    break
                except Error:
                    continue
    return found


_MARKED = """
SELECT n.nspname::text, p.proname || '(' || oidvectortypes(p.proargtypes) || ')'
  FROM pg_catalog.pg_description d
  JOIN pg_catalog.pg_proc p ON p.oid = d.objoid
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.description = 'gatepost: this one'
"""
