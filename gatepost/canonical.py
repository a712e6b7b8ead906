"""PostgreSQL prints the declared expressions, so that they compare with what it prints of the live ones.

The policies are made on *carriers*: temporary tables with the name and the columns of the real ones. Nothing above
ACCESS SHARE is held on a live table (CREATE POLICY takes ACCESS EXCLUSIVE on its own table), and everything is
rolled back. Tables that are not in the database yet, or whose columns are about to change, stand in a scratch schema
while the expressions that refer to them are printed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from gatepost import sql
from gatepost.errors import ExpressionError, MigrationError
from gatepost.schema import Policy, Schema

if TYPE_CHECKING:
    from psycopg2 import Error
    from psycopg2.extensions import cursor as Cursor

SCRATCH = "gatepost scratch {}"
"""A name that nobody gives a schema: what PostgreSQL prints with it is given the real name again."""

_PRINTED = """
SELECT c.relname, p.polname, quote_ident(c.relname), quote_ident(%s),
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
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

    def create(self, name: str, schemas: Mapping[tuple[str, str], str], *, temporary: bool = False) -> str:
        """Return a CREATE TABLE of these columns and nothing else.

        Args:
            name: The new table's qualified name.
            schemas: Where the types that are not live yet stand.
            temporary: Whether it is a temporary table.
        """
        columns = ", ".join(f"{sql.identifier(column)} {_moved(type_, schemas)}" for column, type_ in self.columns)
        if not temporary or not self.columns:
            return f"CREATE {'TEMPORARY ' if temporary else ''}TABLE {name} ({columns})"
        # A partitioned table has neither a file nor a TOAST table, and so is made in a third of the time.
        key = f"({sql.identifier(self.columns[0][0])} IS NULL)"
        return f"CREATE TEMPORARY TABLE {name} ({columns}) PARTITION BY LIST ({key})"


@dataclass(frozen=True)
class NamedType:
    """An ENUM or a domain that is not in the database yet; `definition` is what follows its name in a CREATE."""

    schema: str
    name: str
    kind: Literal["TYPE", "DOMAIN"]
    definition: str


@dataclass(frozen=True)
class Ahead:
    """What a revision makes besides tables, and what its policies may need while they are printed.

    `statements` make functions and views; one that cannot run is passed over, since a policy that needs what it makes
    is refused by name.
    """

    types: tuple[NamedType, ...] = ()
    statements: tuple[str, ...] = ()


def live_shapes(schema: Schema) -> dict[tuple[str, str], Shape]:
    """Return the shape of every table that the database holds."""
    return {
        table.key: Shape(table.schema, table.name, tuple((column.name, column.type) for column in table.columns))
        for table in schema.tables
    }


def print_policies(
    cursor: Cursor,
    policies: Iterable[Policy],
    shapes: Mapping[tuple[str, str], Shape],
    search_path: Iterable[str],
    ahead: Ahead = Ahead(),
    live: Set[Policy] | None = None,
) -> dict[Policy, Policy]:
    """Return each declared policy with its expressions as PostgreSQL prints them.

    Args:
        cursor: Inside a transaction that is not READ ONLY; it is left as it was, up to a savepoint.
        policies: The declared policies.
        shapes: The shape of every table that carries a policy, and of those that are not live yet.
        search_path: Where an unqualified name is looked up, as a migration would.
        ahead: What is not in the database yet besides tables.
        live: The policies of the database. A declared policy that prints like none of them is printed until its text
            stays the same, as that of a policy made from a revision does.

    Raises:
        ExpressionError: PostgreSQL refuses an expression; all that it refuses are named.
        MigrationError: PostgreSQL does not know the type of a column that is not live yet.
    """
    wanted = list(policies)
    with _rolled_back(cursor, "gatepost_print"):
        scratch = _stand_ins(cursor, shapes, tuple(search_path), ahead)
        printed = _print(cursor, wanted, shapes, scratch)
        if live is not None:
            # What is printed need not print the same once more: nested ANDs become one. What a revision made of the
            # first printing is therefore held against the second.
            unlike = [one for one in printed.values() if one not in live]
            again = _print(cursor, unlike, shapes, scratch)
            printed = {policy: again.get(one, one) for policy, one in printed.items()}
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


def _stand_ins(
    cursor: Cursor, shapes: Mapping[tuple[str, str], Shape], search_path: tuple[str, ...], ahead: Ahead
) -> _Scratch:
    """Create what is not live so in scratch schemas, and look names up there first."""
    coming = [shape for shape in shapes.values() if not shape.live]
    keys = [(shape.schema, shape.name) for shape in coming] + [(type_.schema, type_.name) for type_ in ahead.types]
    names = {schema: SCRATCH.format(at) for at, schema in enumerate(sorted({schema for schema, _ in keys}))}
    schemas = {key: names[key[0]] for key in keys}
    path = [name for schema in search_path for name in (names.get(schema), schema) if name is not None]
    statements = [f"CREATE SCHEMA {sql.identifier(name)}" for name in names.values()]
    # Temporary tables come last, so that an unqualified name means the live table and not its carrier.
    statements.append(f"SET LOCAL search_path = {sql.identifiers([*path, 'pg_temp'])}")
    for type_ in ahead.types:
        statements.append(f"CREATE {type_.kind} {sql.qualified(names[type_.schema], type_.name)} {type_.definition}")
    cursor.execute(";\n".join(statements))
    create_tables(
        cursor, {shape: shape.create(sql.qualified(names[shape.schema], shape.name), schemas) for shape in coming}
    )
    if ahead.statements:
        cursor.execute("SET LOCAL check_function_bodies = off")
    for statement in ahead.statements:
        _try(cursor, sql.with_schemas(statement, schemas))
    cursor.execute(
        "SELECT quote_ident(scratch), quote_ident(real) FROM unnest(%s::text[], %s::text[]) n(scratch, real)",
        (list(names.values()), list(names)),
    )
    return _Scratch(schemas, tuple(cursor.fetchall()))


def create_tables(cursor: Cursor, statements: Mapping[Shape, str]) -> None:
    """Create tables in one go.

    Raises:
        MigrationError: PostgreSQL refuses a column; the first table that has such a one is named.
    """
    from psycopg2 import Error

    if not statements or _try(cursor, ";\n".join(statements.values())):
        return
    for shape, statement in statements.items():
        try:
            cursor.execute(statement)
        except Error as error:
            raise MigrationError(
                f'PostgreSQL refuses the columns of "{shape.schema}.{shape.name}": {_reason(error)}',
                "a type of an extension needs CREATE EXTENSION first, in a revision of its own",
            ) from None


def _print(
    cursor: Cursor, policies: list[Policy], shapes: Mapping[tuple[str, str], Shape], scratch: _Scratch
) -> dict[Policy, Policy]:
    by_schema: defaultdict[str, list[Policy]] = defaultdict(list)
    for policy in policies:
        by_schema[policy.schema].append(policy)
    printed: dict[Policy, Policy] = {}
    for schema in sorted(by_schema):
        with _rolled_back(cursor, "gatepost_carriers"):
            printed |= _print_schema(cursor, schema, by_schema[schema], shapes, scratch)
    return printed


def _print_schema(
    cursor: Cursor,
    schema: str,
    policies: list[Policy],
    shapes: Mapping[tuple[str, str], Shape],
    scratch: _Scratch,
) -> dict[Policy, Policy]:
    carried = sorted({(policy.schema, policy.table) for policy in policies})
    statements = [
        shapes[key].create(sql.qualified("pg_temp", key[1]), scratch.schemas, temporary=True) for key in carried
    ]
    handed_on = {policy.table for policy in policies if _mentions_its_row(policy)}
    for table in sorted(handed_on):
        statements += _row_cast(schema, table, scratch)
    cursor.execute(";\n".join(statements))
    if not _try(cursor, ";\n".join(_on_carrier(policy, scratch) for policy in policies)):
        raise _refused(cursor, policies, scratch)
    cursor.execute("SELECT set_config('search_path', '', true)")
    cursor.execute(_PRINTED, (schema,))
    found = {(table, name): printed for table, name, *printed in cursor.fetchall()}
    printed = {}
    for policy in policies:
        table, real_schema, *expressions = found[policy.table, policy.name]
        using, check = map(scratch.renamed, expressions)
        if policy.table in handed_on:
            using, check = (_without_cast(text, table, real_schema) for text in (using, check))
        printed[policy] = replace(policy, using=using, check=check)
    return printed


def _on_carrier(policy: Policy, scratch: _Scratch) -> str:
    own = (policy.schema, policy.table)
    parts = [f"CREATE POLICY {sql.identifier(policy.name)} ON {sql.qualified('pg_temp', policy.table)}"]
    parts.append(f"FOR {policy.command}")
    for clause, text in (("USING", policy.using), ("WITH CHECK", policy.check)):
        if text is not None:
            if policy.table.replace('"', '""') in text.lower() + text:
                text = sql.unqualified_columns(text, own)
            # The line break ends a comment that an author's text() may close with.
            parts.append(f"{clause} ({_moved(text, scratch.schemas)}\n)")
    return " ".join(parts)


def _moved(text: str, schemas: Mapping[tuple[str, str], str]) -> str:
    """Return SQL text in which what is not live yet stands in its scratch schema."""
    return sql.with_schemas(text, schemas) if schemas else text


def _mentions_its_row(policy: Policy) -> bool:
    """Tell whether an expression may hand the whole row on, as in `is_open(tasks)` or `to_jsonb(tasks.*)`."""
    for text in (policy.using, policy.check):
        if text is None or policy.table.replace('"', '""') not in text.lower() + text:
            continue
        pieces = [token for token in sql.tokens(text) if token.kind not in ("space", "comment")]
        for at, piece in enumerate(pieces):
            after = [token.text for token in pieces[at + 1 : at + 3]]
            if piece.name == policy.table and (after[:1] != ["."] or after[1:] == ["*"]):
                return True
    return False


def _row_cast(schema: str, table: str, scratch: _Scratch) -> list[str]:
    """Let a function that takes a row of the real table take one of its carrier."""
    carrier = sql.qualified("pg_temp", table)
    real = sql.qualified(scratch.schemas.get((schema, table), schema), table)
    function = f'pg_temp."gatepost row"({carrier})'
    return [
        f"CREATE FUNCTION {function} RETURNS {real} LANGUAGE sql AS {sql.literal(f'SELECT NULL::{real}')}",
        f"CREATE CAST ({carrier} AS {real}) WITH FUNCTION {function} AS IMPLICIT",
    ]


def _without_cast(text: str | None, table: str, schema: str) -> str | None:
    """Take the cast of a carrier's row out of PostgreSQL's own printing; the names are quoted as it quotes them."""
    return text and text.replace(f"({table}.*)::{schema}.{table}", f"{table}.*")


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


def _try(cursor: Cursor, statements: str) -> bool:
    """Run statements, or none of them where PostgreSQL refuses one; tell whether they ran."""
    from psycopg2 import Error

    cursor.execute("SAVEPOINT gatepost_try")
    try:
        cursor.execute(statements)
    except Error:
        cursor.execute("ROLLBACK TO SAVEPOINT gatepost_try; RELEASE SAVEPOINT gatepost_try")
        return False
    cursor.execute("RELEASE SAVEPOINT gatepost_try")
    return True
