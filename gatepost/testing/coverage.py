"""Find which policies the tests of a run exercised: each command of each policy, and whether it reached a row.

A policy is exercised where a statement of a test, sent as a persona that the policy is for, had the policy's command on
its table. Statements are those of the fixtures and the assertions, and of every engine of SQLAlchemy on the database of
the tests. What a function does inside is not seen, and a view counts for the tables that it reads as its caller, so
that less is counted rather than more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gatepost.display import line
from gatepost.personas import RESET_ROLE
from gatepost.schema import COMMANDS, Command
from gatepost.testing.acting import SharedCursor

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from sqlglot import exp

_POLICIES = """
SELECT n.nspname, c.relname, p.polname,
       CASE p.polcmd WHEN '*' THEN 'all' WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update'
                     ELSE 'delete' END,
       ARRAY(SELECT r.rolname::text FROM pg_roles r
              WHERE (p.polroles = '{0}' AND r.rolname IN ('anon', 'authenticated'))
                 OR EXISTS (SELECT FROM unnest(p.polroles) t WHERE t <> 0 AND pg_has_role(r.oid, t, 'MEMBER'))),
       ARRAY(SELECT privilege FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) privilege
              WHERE EXISTS (SELECT FROM pg_roles r
                     WHERE (p.polroles = '{0}' AND r.rolname IN ('anon', 'authenticated') OR r.oid = ANY (p.polroles))
                       AND (has_table_privilege(r.oid, c.oid, privilege)
                            OR (privilege <> 'DELETE' AND has_any_column_privilege(r.oid, c.oid, privilege)))))
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relrowsecurity
 ORDER BY 1, 2, 3
"""
_RELATIONS = """
WITH RECURSIVE named AS (
  SELECT name, to_regclass(name) AS relation FROM unnest(%s::text[]) name
), read AS (
  SELECT name, relation::oid AS relation FROM named WHERE relation IS NOT NULL
  UNION
  SELECT read.name, d.refobjid
    FROM read
    JOIN pg_class v ON v.oid = read.relation AND v.relkind = 'v'
                   AND coalesce((SELECT option_value::boolean FROM pg_options_to_table(v.reloptions)
                                  WHERE option_name = 'security_invoker'), false)
    JOIN pg_rewrite w ON w.ev_class = v.oid
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
                    AND d.refobjid <> v.oid
)
SELECT DISTINCT read.name, n.nspname::text, c.relname::text
  FROM read JOIN pg_class c ON c.oid = read.relation JOIN pg_namespace n ON n.oid = c.relnamespace
"""


@dataclass(frozen=True, order=True)
class Exercise:
    """A command that a role used on a relation, as a test named it, and whether it reached a row.

    `database` is that of an engine of the application, and empty for the connection of the tests.
    """

    relation: str
    command: Command
    role: str
    reached: bool
    database: str = ""


@dataclass(frozen=True, order=True)
class Line:
    """One command of one policy."""

    table: str
    policy: str
    command: Command
    reached: bool
    refused: bool

    @property
    def exercised(self) -> bool:
        """Return whether a test used the command as somebody whom the policy is for."""
        return self.reached or self.refused

    @property
    def cells(self) -> tuple[str, ...]:
        """The line as words."""
        seen = ("yes" if self.reached else "-", "yes" if self.refused else "-") if self.exercised else ("no test", "")
        return (line(self.table), line(self.policy), self.command, *seen)


@dataclass
class Recorder:
    """Collects what the statements of a run did."""

    seen: set[Exercise] = field(default_factory=set)

    def record(self, statement: str, role: str, rows: int, refused: bool, database: str = "") -> None:
        """Add what a statement did.

        Args:
            statement: One or more statements, as they were sent.
            role: The role that sent them.
            rows: How many rows the last of them reached.
            refused: Whether row security or a privilege refused it.
            database: The database of the engine that sent it, or nothing for the connection of the tests.
        """
        reached = rows > 0 and not refused
        self.seen |= {Exercise(name, command, role, reached, database) for name, command in used(statement)}


def used(statement: str) -> Iterator[tuple[str, Command]]:
    """Yield the relations that statements name, each with the command that its policies are asked about."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        trees = sqlglot.parse(statement, dialect="postgres")
    except SqlglotError:
        return  # what cannot be read exercises nothing
    for tree in trees:
        if isinstance(tree, exp.Expression) and isinstance(tree, exp.Query | exp.DML):
            yield from _of(tree)


def _of(tree: exp.Expression) -> Iterator[tuple[str, Command]]:
    from sqlglot import exp

    commands: tuple[tuple[type[exp.Expression], Command], ...] = (
        (exp.Insert, "insert"),
        (exp.Update, "update"),
        (exp.Delete, "delete"),
    )
    written: set[int] = set()
    for kind, command in commands:
        for node in tree.find_all(kind):
            target = node.this.this if isinstance(node.this, exp.Schema) else node.this
            if isinstance(target, exp.Table):
                written.add(id(target))
                yield _name(target), command
                if isinstance(node, exp.Insert) and node.args.get("conflict") is not None:
                    yield _name(target), "update"
                if node.args.get("returning") is not None or node.args.get("where") is not None:
                    yield _name(target), "select"
    defined = {one.alias_or_name for one in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if id(table) not in written and (table.db or table.name not in defined) and table.name:
            yield _name(table), "select"


def _name(table: exp.Table) -> str:
    parts = [part for part in (table.args.get("db"), table.args.get("this")) if part is not None]
    return ".".join(part.sql(dialect="postgres") for part in parts)


def lines(connection: Connection, seen: Iterable[Exercise]) -> list[Line]:
    """Return each command of each policy of a database, with what the tests did with it.

    Args:
        connection: To the database that was tested, as its owner.
        seen: What was recorded.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        here = {"", *(cursor.fetchone() or ())}
        seen = [one for one in seen if one.database in here]
        cursor.execute(_RELATIONS, [sorted({one.relation for one in seen})])
        tables: dict[str, set[tuple[str, str]]] = {}
        for name, schema, table in cursor.fetchall():
            tables.setdefault(name, set()).add((schema, table))
        cursor.execute(_POLICIES)
        policies = cursor.fetchall()
    done: dict[tuple[str, str, str], set[tuple[str, bool]]] = {}
    for one in seen:
        for schema, table in tables.get(one.relation, ()):
            done.setdefault((schema, table, one.command), set()).add((one.role, one.reached))
    found = []
    for schema, table, name, command, roles, privileges in policies:
        for each in COMMANDS:
            if command not in (each, "all") or each.upper() not in privileges:
                continue  # without the privilege nobody gets as far as the policy
            results = {reached for role, reached in done.get((schema, table, each), ()) if role in roles}
            found.append(Line(f"{schema}.{table}", name, each, True in results, False in results))
    return sorted(found)


def table(found: Iterable[Line]) -> Iterator[str]:
    """Yield the report, one line a command of a policy, the ones that no test exercised marked."""
    listed = list(found)
    head = ("table", "policy", "command", "reached a row", "reached none")
    rows = [one.cells for one in listed]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    exercised = sum(one.exercised for one in listed)
    both = sum(one.reached and one.refused for one in listed)
    yield (
        f"{exercised} of {len(listed)} commands of policies exercised ({percent(listed):.0f} %),"
        f" {both} of them with a row and without one"
    )
    yield "not seen: what functions do inside, and what is sent without the fixtures or SQLAlchemy, by a driver alone"


def percent(found: Iterable[Line]) -> float:
    """Return how many of a hundred commands of policies were exercised; 100 where there are no policies."""
    listed = list(found)
    return 100 * sum(one.exercised for one in listed) / len(listed) if listed else 100.0


def joined(found: Iterable[Line]) -> list[Line]:
    """Return one line for each command of each policy, with what any process of the run did."""
    known: dict[tuple[str, str, Command], Line] = {}
    for one in found:
        key = (one.table, one.policy, one.command)
        before = known.get(key, one)
        known[key] = Line(*key, before.reached or one.reached, before.refused or one.refused)
    return sorted(known.values())


def recording(recorder: Recorder) -> type[SharedCursor]:
    """Return a class of cursors that record what they execute as a persona."""
    from psycopg2 import errors

    class Recording(SharedCursor):
        def execute(self, query: Any, arguments: Any = None) -> None:  # noqa: ANN401  as psycopg2 declares it
            refused = False
            try:
                super().execute(query, arguments)
            except errors.InsufficientPrivilege:
                refused = True
                raise
            finally:
                personas = getattr(self.connection, "personas", ())
                sent = (self.query or b"").decode()
                if personas and RESET_ROLE not in sent and (refused or self.rowcount >= 0):
                    recorder.record(sent, personas[-1].role, self.rowcount, refused)

    return Recording
