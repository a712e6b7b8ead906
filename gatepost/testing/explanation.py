"""Explain what decided a statement of a persona: its privilege, the policies, and the piece that is missing.

https://www.postgresql.org/docs/17/sql-createpolicy.html lists which policies each command needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.testing.acting import who

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
       ARRAY(SELECT DISTINCT f.oid::regprocedure::text FROM pg_depend d JOIN pg_proc f ON f.oid = d.refobjid
              WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_proc'::regclass
                AND NOT has_function_privilege(%(role)s, f.oid, 'EXECUTE') ORDER BY 1)
  FROM pg_policy p
 WHERE p.polrelid = to_regclass(%(table)s)
   AND (p.polroles = '{0}'
        OR EXISTS (SELECT FROM unnest(p.polroles) r WHERE r <> 0 AND pg_has_role(%(role)s, r, 'MEMBER')))
 ORDER BY p.polname
"""
_COLUMNS = """
SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE held), '{}'),
       coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE NOT held), '{}')
  FROM pg_attribute a, has_column_privilege(%(role)s, a.attrelid, a.attnum, 'SELECT') AS held
 WHERE a.attrelid = to_regclass(%(table)s) AND a.attnum > 0 AND NOT a.attisdropped
"""


@dataclass(frozen=True)
class _Policy:
    name: str
    command: str
    permissive: bool
    using: str | None
    check: str | None
    not_executable: Sequence[str]

    def applies_to(self, command: str) -> bool:
        return self.command in ("all", command.lower())

    def __str__(self) -> str:
        how = "" if self.permissive else " (restrictive)"
        clauses = (("using", self.using), ("with check", self.check))
        said = " ".join(f"{clause} {text}" for clause, text in clauses if text is not None)
        return f'policy    "{self.name}" for {self.command}{how} {said}'


def explain(cursor: Cursor, command: str, table: str, *, denied: bool) -> str:
    """Return what decided a statement, a line each.

    Args:
        cursor: On a connection that acts as the persona.
        command: SELECT, INSERT, UPDATE or DELETE.
        table: The table, as SQL names it.
        denied: Whether the statement was refused or found no row, so that something may be missing.
    """
    lines = [f"as        {who(cursor)}"]
    with _looking(cursor) as role:
        values = {"table": table, "role": role, "privilege": command}
        cursor.execute(_SWITCHES, values)
        enabled, schema, usable, privilege, readable = cursor.fetchone() or (False, "", True, False, False)
        cursor.execute(_POLICIES, values)
        policies = [_Policy(*row) for row in cursor.fetchall()] if enabled else []
    lines.append(f"privilege {command}: {'held' if privilege else 'not held'}")
    applying = [policy for policy in policies if policy.applies_to(command)]
    lines += [str(policy) for policy in applying]
    if not enabled:
        lines.append(f"policies  row security of {table} is off, so no policy applies")
    elif not applying:
        lines.append("policies  none for this role and command")
    if denied:
        if not usable:
            lines.append(f'missing   USAGE on schema "{schema}", without which "{role}" can name nothing in it')
        lines += [f"missing   {piece}" for piece in _missing(command, role, enabled, readable, policies)]
    return "\n".join(lines)


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


def _missing(command: str, role: str, enabled: bool, readable: bool, policies: Sequence[_Policy]) -> Iterator[str]:
    reads = command in ("UPDATE", "DELETE")
    if reads and not readable:
        yield f'SELECT for "{role}": {command} with a condition reads the rows that it looks for'
    if not enabled:
        return
    relevant = [policy for policy in policies if policy.applies_to(command) or (reads and policy.applies_to("SELECT"))]
    for policy in relevant:
        for function in policy.not_executable:
            yield f'EXECUTE on function {function} for "{role}": policy "{policy.name}" calls it'
    applying = [policy for policy in relevant if policy.applies_to(command)]
    if applying and not any(policy.permissive for policy in applying):
        yield f"a permissive policy for {command}: restrictive ones only take rows away"
    seeing = [policy for policy in relevant if policy.applies_to("SELECT")]
    if reads and not any(policy.permissive for policy in seeing):
        yield f"a policy for SELECT: {command} with a condition finds only rows that the role may read"
