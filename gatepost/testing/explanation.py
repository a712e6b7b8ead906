"""Explain what decided a statement of a persona: its privilege, the policies, and the piece that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gatepost.testing.acting import who
from gatepost.testing.missing_pieces import Attempt, TestedPolicy, of_policies, of_privileges

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_SWITCHES = """
SELECT c.relrowsecurity, n.nspname, has_schema_privilege(%(role)s, n.oid, 'USAGE'),
       has_table_privilege(%(role)s, c.oid, %(privilege)s)
       OR (%(privilege)s <> 'DELETE' AND has_any_column_privilege(%(role)s, c.oid, %(privilege)s)),
       has_any_column_privilege(%(role)s, c.oid, 'SELECT')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(%(table)s)
"""
_POLICIES = """
SELECT p.polname,
       CASE p.polcmd WHEN '*' THEN 'all' WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update'
                     ELSE 'delete' END,
       p.polpermissive, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
       p.polroles = '{0}'
       OR EXISTS (SELECT FROM unnest(p.polroles) r WHERE r <> 0 AND pg_has_role(%(role)s, r, 'MEMBER')),
       ARRAY(SELECT rolname::text FROM pg_roles WHERE oid = ANY (p.polroles) ORDER BY 1),
       ARRAY(SELECT f.oid::regprocedure::text FROM pg_proc f
              WHERE f.oid = ANY (functions) AND NOT has_function_privilege(%(role)s, f.oid, 'EXECUTE') ORDER BY 1),
       ARRAY(SELECT relation::regclass::text FROM unnest(relations) relation
              WHERE NOT has_any_column_privilege(%(role)s, relation, 'SELECT') ORDER BY 1),
       ARRAY(SELECT f.oid::regprocedure::text FROM pg_proc f JOIN pg_class c ON c.oid = p.polrelid
              WHERE f.oid = ANY (functions) AND f.provolatile <> 'v' AND position(c.relname IN f.prosrc) > 0
                AND f.pronamespace::regnamespace::text NOT IN ('auth', 'storage', 'realtime', 'pg_catalog') ORDER BY 1)
  FROM pg_policy p
  CROSS JOIN LATERAL (
       SELECT array_agg(DISTINCT d.refobjid) FILTER (WHERE d.refclassid = 'pg_proc'::regclass) AS functions,
              array_agg(DISTINCT d.refobjid) FILTER (WHERE d.refclassid = 'pg_class'::regclass
                                                       AND d.refobjid <> p.polrelid) AS relations
         FROM pg_depend d WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid) used
 WHERE p.polrelid = to_regclass(%(table)s)
 ORDER BY p.polname
"""
_FUNCTIONS = """
SELECT p.oid::regprocedure::text, p.prosecdef, p.proowner::regrole::text, n.nspname,
       has_schema_privilege(%(role)s, n.oid, 'USAGE'), has_function_privilege(%(role)s, p.oid, 'EXECUTE')
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE CASE WHEN cardinality(parse_ident(%(function)s)) = 2
            THEN ARRAY[n.nspname::text, p.proname::text] = parse_ident(%(function)s)
            ELSE ARRAY[p.proname::text] = parse_ident(%(function)s) AND pg_function_is_visible(p.oid) END
 ORDER BY 1
"""
_COLUMNS = """
SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE held), '{}'),
       coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE NOT held), '{}')
  FROM pg_attribute a, has_column_privilege(%(role)s, a.attrelid, a.attnum, 'SELECT') AS held
 WHERE a.attrelid = to_regclass(%(table)s) AND a.attnum > 0 AND NOT a.attisdropped
"""


def explain(cursor: Cursor, attempt: Attempt, *, denied: bool) -> str:
    """Return what decided a statement, a line each.

    Args:
        cursor: On a connection that acts as the persona.
        attempt: The statement.
        denied: Whether the statement was refused or found no row, so that something may be missing.
    """
    if attempt.command == "EXECUTE":
        return "\n".join(_of_function(cursor, attempt, denied))
    lines = [f"as        {who(cursor)}"]
    command, table = attempt.command, attempt.table
    with _looking(cursor) as role:
        values = {"table": table, "role": role, "privilege": command}
        cursor.execute(_SWITCHES, values)
        enabled, schema, usable, privilege, readable = cursor.fetchone() or (False, "", True, False, False)
        cursor.execute(_POLICIES, values)
        policies = [TestedPolicy(*row) for row in cursor.fetchall()] if enabled else []
        missing = [] if usable else [f'USAGE on schema "{schema}", without which "{role}" can name nothing in it']
        if denied:
            missing += of_privileges(cursor, attempt, role, privilege)
            missing += of_policies(cursor, attempt, role, readable, policies) if enabled else []
    lines.append(f"privilege {command}: {'held' if privilege else 'not held'}")
    applying = [policy for policy in policies if policy.is_for(command)]
    lines += [_described(policy) for policy in applying]
    if not enabled:
        lines.append(f"policies  row security of {table} is off, so no policy applies")
    elif not applying:
        lines.append("policies  none for this role and command")
    if denied:
        lines += [f"missing   {piece}" for piece in missing]
    return "\n".join(lines)


def _of_function(cursor: Cursor, attempt: Attempt, denied: bool) -> Iterator[str]:
    """Yield who runs a function, and which privilege is missing."""
    yield f"as        {who(cursor)}"
    with _looking(cursor) as role:
        cursor.execute(_FUNCTIONS, {"function": attempt.table, "role": role})
        for function, definer, owner, schema, usable, executable in cursor.fetchall():
            yield f"privilege EXECUTE on {function}: {'held' if executable else 'not held'}"
            yield f"runs      as {f'{owner}, its owner (SECURITY DEFINER)' if definer else f'{role}, its caller'}"
            if denied and not usable:
                yield f'missing   USAGE on schema "{schema}", without which "{role}" can name nothing in it'
            if denied and not executable:
                yield f'missing   the privilege: GRANT EXECUTE ON FUNCTION {function} TO "{role}"'


def _described(policy: TestedPolicy) -> str:
    how = "" if policy.permissive else " (restrictive)"
    clauses = (("using", policy.using), ("with check", policy.check))
    said = " ".join(f"{clause} {text}" for clause, text in clauses if text is not None)
    return f'policy    "{policy.name}" for {policy.command}{how} {said}'


def readable_columns(cursor: Cursor, table: str) -> tuple[list[str], list[str]]:
    """Return the columns of a table that the current role may read, and those that it may not."""
    with _looking(cursor) as role:
        cursor.execute(_COLUMNS, {"table": table, "role": role})
        held, hidden = cursor.fetchone() or ([], [])
    return held, hidden


@contextmanager
def _looking(cursor: Cursor) -> Iterator[str]:
    """Be whoever connected, inside a block, and give the name of the role that was current.

    A role without USAGE on a schema may not even look up a table of it.
    """
    cursor.execute("SELECT current_user::text")
    (role,) = cursor.fetchone() or ("",)
    cursor.execute("SAVEPOINT gatepost_looking; SET LOCAL ROLE none")
    try:
        yield role
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_looking; RELEASE SAVEPOINT gatepost_looking")
