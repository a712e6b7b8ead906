"""PostgreSQL prints the declared expressions, so that they compare with what it prints of the live ones.

The policies are made on *carriers*: temporary tables with the name and the columns of the real ones. Nothing above
ACCESS SHARE is held on a live table (CREATE POLICY takes ACCESS EXCLUSIVE on its own table), and everything is
rolled back. Tables that are not in the database yet, or whose columns are about to change, stand in a scratch schema
while the expressions that refer to them are printed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.errors import ExpressionError
from gatepost.schema import Policy, Schema

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import cursor as Cursor

SCRATCH = "gatepost scratch {}"
"""A name that nobody gives a schema: what PostgreSQL prints with it is given the real name again."""

_PRINTED = """
SELECT c.relname, p.polname, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
 WHERE c.relnamespace = pg_my_temp_schema()
"""


@dataclass(frozen=True)
class Shape:
    """The columns of a table as (name, type), and whether the database holds it so."""

    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]
    live: bool = True

    def create(self, name: str, *, temporary: bool = False) -> str:
        """Return a CREATE TABLE of these columns and nothing else, under the qualified name given."""
        columns = ", ".join(f"{sql.identifier(column)} {type_}" for column, type_ in self.columns)
        return f"CREATE {'TEMPORARY ' if temporary else ''}TABLE {name} ({columns})"


def live_shapes(schema: Schema) -> dict[tuple[str, str], Shape]:
    """Return the shape of every table that the database holds."""
    return {
        table.key: Shape(table.schema, table.name, tuple((column.name, column.type) for column in table.columns))
        for table in schema.tables
    }


def print_policies(
    cursor: Cursor, policies: Iterable[Policy], shapes: Mapping[tuple[str, str], Shape], search_path: Iterable[str]
) -> dict[Policy, Policy]:
    """Return each declared policy with its expressions as PostgreSQL prints them.

    Args:
        cursor: Inside a transaction that is not READ ONLY; it is left as it was, up to a savepoint.
        policies: The declared policies.
        shapes: The shape of every table that carries a policy, and of those that are not live yet.
        search_path: Where an unqualified name is looked up, as a migration would.

    Raises:
        ExpressionError: PostgreSQL refuses an expression; all that it refuses are named.
    """
    by_schema: defaultdict[str, list[Policy]] = defaultdict(list)
    for policy in policies:
        by_schema[policy.schema].append(policy)
    printed: dict[Policy, Policy] = {}
    with _rolled_back(cursor, "gatepost_print"):
        scratch = _stand_ins(cursor, shapes, tuple(search_path))
        for schema in sorted(by_schema):
            with _rolled_back(cursor, "gatepost_carriers"):
                printed |= _print_schema(cursor, by_schema[schema], shapes, scratch)
    return printed


@dataclass(frozen=True)
class _Scratch:
    """The scratch schema of each table that is not live so, and what each is printed as and should read."""

    schemas: Mapping[tuple[str, str], str]
    printed: tuple[tuple[str, str], ...]

    def renamed(self, text: str | None) -> str | None:
        """Give the scratch schemas in PostgreSQL's own printing their real names again."""
        for scratch, real in self.printed if text is not None else ():
            text = (text or "").replace(f"{scratch}.", f"{real}.")
        return text


def _stand_ins(cursor: Cursor, shapes: Mapping[tuple[str, str], Shape], search_path: tuple[str, ...]) -> _Scratch:
    """Create the tables that are not live so, and look names up in their schema first."""
    coming = [shape for shape in shapes.values() if not shape.live]
    names = {schema: SCRATCH.format(at) for at, schema in enumerate(sorted({shape.schema for shape in coming}))}
    statements = [f"CREATE SCHEMA {sql.identifier(name)}" for name in names.values()]
    statements += [shape.create(sql.qualified(names[shape.schema], shape.name)) for shape in coming]
    path = [name for schema in search_path for name in (names.get(schema), schema) if name is not None]
    # Temporary tables come last, so that an unqualified name means the live table and not its carrier.
    statements.append(f"SET LOCAL search_path = {sql.identifiers([*path, 'pg_temp'])}")
    cursor.execute(";\n".join(statements))
    cursor.execute(
        "SELECT quote_ident(scratch), quote_ident(real) FROM unnest(%s::text[], %s::text[]) n(scratch, real)",
        (list(names.values()), list(names)),
    )
    return _Scratch({(shape.schema, shape.name): names[shape.schema] for shape in coming}, tuple(cursor.fetchall()))


def _print_schema(
    cursor: Cursor,
    policies: list[Policy],
    shapes: Mapping[tuple[str, str], Shape],
    scratch: _Scratch,
) -> dict[Policy, Policy]:
    from psycopg2 import Error

    carried = sorted({(policy.schema, policy.table) for policy in policies})
    carriers = [shapes[key].create(sql.qualified("pg_temp", key[1]), temporary=True) for key in carried]
    cursor.execute(";\n".join(carriers))
    try:
        with _kept(cursor, "gatepost_batch"):
            cursor.execute(";\n".join(_on_carrier(policy, scratch) for policy in policies))
    except Error:
        raise _refused(cursor, policies, scratch) from None
    cursor.execute("SELECT set_config('search_path', '', true)")
    cursor.execute(_PRINTED)
    found = {(table, name): (using, check) for table, name, using, check in cursor.fetchall()}
    printed = {}
    for policy in policies:
        using, check = found[policy.table, policy.name]
        printed[policy] = replace(policy, using=scratch.renamed(using), check=scratch.renamed(check))
    return printed


def _on_carrier(policy: Policy, scratch: _Scratch) -> str:
    own = (policy.schema, policy.table)
    parts = [f"CREATE POLICY {sql.identifier(policy.name)} ON {sql.qualified('pg_temp', policy.table)}"]
    parts.append(f"FOR {policy.command}")
    for clause, text in (("USING", policy.using), ("WITH CHECK", policy.check)):
        if text is not None:
            # The line break ends a comment that an author's text() may close with.
            parts.append(f"{clause} ({sql.with_schemas(sql.unqualified_columns(text, own), scratch.schemas)}\n)")
    return " ".join(parts)


def _refused(cursor: Cursor, policies: list[Policy], scratch: _Scratch) -> ExpressionError:
    """Try the policies one by one, on the carriers that are there, and name those that PostgreSQL refuses."""
    from psycopg2 import Error

    refused = []
    for policy in policies:
        try:
            with _rolled_back(cursor, "gatepost_one"):
                cursor.execute(_on_carrier(policy, scratch))
        except Error as error:
            refused.append(f'"{policy}": {_reason(error)}')
    return ExpressionError("PostgreSQL refuses what is declared for " + "; ".join(refused or ["the policies"]))


def _reason(error: Error) -> str:
    parts = [error.diag.message_primary or str(error), error.diag.message_hint or ""]
    return ". ".join(part for part in parts if part)


@contextmanager
def _rolled_back(cursor: Cursor, name: str) -> Iterator[None]:
    cursor.execute(f"SAVEPOINT {name}")
    try:
        yield
    finally:
        cursor.execute(f"ROLLBACK TO SAVEPOINT {name}; RELEASE SAVEPOINT {name}")


@contextmanager
def _kept(cursor: Cursor, name: str) -> Iterator[None]:
    cursor.execute(f"SAVEPOINT {name}")
    try:
        yield
    except BaseException:
        cursor.execute(f"ROLLBACK TO SAVEPOINT {name}")
        raise
    finally:
        cursor.execute(f"RELEASE SAVEPOINT {name}")
