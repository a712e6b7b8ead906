"""List the functions of a project that API roles may call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.schema import is_platform

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_FUNCTIONS = """
SELECT p.oid, n.nspname, p.proname, oidvectortypes(p.proargtypes), p.prosrc, p.prosecdef,
       ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY a(t, place) ORDER BY place),
       coalesce(p.proargnames[1:p.pronargs], '{}')::text[], p.provolatile = 'v', p.prokind = 'p',
       ARRAY(SELECT r FROM unnest(%(roles)s::text[]) r
              WHERE has_schema_privilege(r, n.oid, 'USAGE') AND has_function_privilege(r, p.oid, 'EXECUTE'))
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE p.prokind IN ('f', 'p') AND p.prorettype <> ALL ('{trigger,event_trigger,internal}'::regtype[])
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND p.prolang <> (
       SELECT oid FROM pg_language WHERE lanname = 'c')
   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass
                                               AND d.deptype = 'e')
 ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", 4
"""


@dataclass(frozen=True)
class Routine:
    """A function or a procedure that can be called."""

    schema: str
    name: str
    types: tuple[str, ...]
    names: tuple[str, ...]
    body: str
    definer: bool
    volatile: bool
    procedure: bool
    roles: frozenset[str]

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}({', '.join(self.types)})"


def callable_by(cursor: Cursor, roles: Sequence[str]) -> list[Routine]:
    """Return the functions with the roles, among some, that may call each.

    Args:
        cursor: Inside a transaction.
        roles: The roles to check.
    """
    cursor.execute(_FUNCTIONS, {"roles": list(roles)})
    return [
        Routine(schema, name, tuple(types), tuple(names), body, definer, volatile, procedure, frozenset(may))
        for _, schema, name, _, body, definer, types, names, volatile, procedure, may in cursor.fetchall()
        if not is_platform(schema)
    ]
