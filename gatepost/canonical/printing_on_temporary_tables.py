"""Let PostgreSQL print the declared expressions for autogenerate, on temporary tables, without locking live ones.

The policies are created on *carriers*: temporary tables with the name and the columns of the real ones. So no live
table gets a lock above ACCESS SHARE (CREATE POLICY takes ACCESS EXCLUSIVE on its own table). Everything is rolled back.
Tables that are not in the database yet, or whose columns are about to change, are created in a scratch schema while
expressions that refer to them are printed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from typing import TYPE_CHECKING

from gatepost import sql
from gatepost.canonical.savepoints import reason, rolled_back, tried
from gatepost.canonical.scratch import Scratch, stand_ins
from gatepost.canonical.shapes import Ahead, Shape, moved
from gatepost.canonical.statements import create_policy
from gatepost.errors import ExpressionError
from gatepost.schema import Policy

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

_PRINTED = """
SELECT c.relname, p.polname, quote_ident(c.relname), quote_ident(%s),
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
  FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
 WHERE c.relnamespace = pg_my_temp_schema()
"""


def print_policies(
    cursor: Cursor,
    policies: Iterable[Policy],
    shapes: Mapping[tuple[str, str], Shape],
    search_path: Iterable[str],
    ahead: Ahead | None = None,
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
    with rolled_back(cursor, "gatepost_print"):
        scratch = stand_ins(cursor, shapes, tuple(search_path), ahead or Ahead())
        printed = _print(cursor, wanted, shapes, scratch)
        if live is not None:
            # A printed text may print differently the second time, because nested ANDs become one. A policy that a
            # revision created from the first printing is therefore compared with the second.
            unlike = [one for one in printed.values() if one not in live]
            again = _print(cursor, unlike, shapes, scratch)
            printed = {policy: again.get(one, one) for policy, one in printed.items()}
    return printed


def _print(
    cursor: Cursor, policies: list[Policy], shapes: Mapping[tuple[str, str], Shape], scratch: Scratch
) -> dict[Policy, Policy]:
    by_schema: defaultdict[str, list[Policy]] = defaultdict(list)
    for policy in policies:
        by_schema[policy.schema].append(policy)
    printed: dict[Policy, Policy] = {}
    for schema in sorted(by_schema):
        with rolled_back(cursor, "gatepost_carriers"):
            printed |= _print_schema(cursor, schema, by_schema[schema], shapes, scratch)
    return printed


def _print_schema(
    cursor: Cursor,
    schema: str,
    policies: list[Policy],
    shapes: Mapping[tuple[str, str], Shape],
    scratch: Scratch,
) -> dict[Policy, Policy]:
    carried = sorted({(policy.schema, policy.table) for policy in policies})
    statements = [
        shapes[key].create(sql.qualified("pg_temp", key[1]), scratch.schemas, temporary=True, fileless=True)
        for key in carried
    ]
    handed_on = {policy.table for policy in policies if _mentions_its_row(policy)}
    for table in sorted(handed_on):
        statements += _row_cast(schema, table, scratch)
    cursor.execute(";\n".join(statements))
    if not tried(cursor, ";\n".join(_on_carrier(policy, scratch) for policy in policies)):
        raise _refused(cursor, policies, scratch)
    cursor.execute("SELECT pg_catalog.set_config('search_path', '', true)")
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


def _on_carrier(policy: Policy, scratch: Scratch) -> str:
    using, check = (_moved(policy, text, scratch) for text in (policy.using, policy.check))
    return create_policy(policy.name, policy, sql.qualified("pg_temp", policy.table), using, check)


def _moved(policy: Policy, text: str | None, scratch: Scratch) -> str | None:
    if text is None:
        return None
    if policy.table.replace('"', '""') in text.lower() + text:
        text = sql.unqualified_columns(text, (policy.schema, policy.table))
    return moved(text, scratch.schemas)


def _mentions_its_row(policy: Policy) -> bool:
    """Return whether an expression may pass the whole row on, as in `is_open(tasks)` or `to_jsonb(tasks.*)`."""
    for text in (policy.using, policy.check):
        if text is None or policy.table.replace('"', '""') not in text.lower() + text:
            continue
        pieces = [token for token in sql.tokens(text) if token.kind not in ("space", "comment")]
        for at, piece in enumerate(pieces):
            after = [token.text for token in pieces[at + 1 : at + 3]]
            if piece.name == policy.table and (after[:1] != ["."] or after[1:] == ["*"]):
                return True
    return False


def _row_cast(schema: str, table: str, scratch: Scratch) -> list[str]:
    """Let a function that accepts a row of the real table accept a row of its carrier."""
    carrier = sql.qualified("pg_temp", table)
    real = sql.qualified(scratch.schemas.get((schema, table), schema), table)
    function = f'pg_temp."gatepost row"({carrier})'
    return [
        f"CREATE FUNCTION {function} RETURNS {real} LANGUAGE sql AS {sql.literal(f'SELECT NULL::{real}')}",
        f"CREATE CAST ({carrier} AS {real}) WITH FUNCTION {function} AS IMPLICIT",
    ]


def _without_cast(text: str | None, table: str, schema: str) -> str | None:
    """Remove the cast of a carrier's row from a printed text; PostgreSQL quoted the names itself."""
    return text and text.replace(f"({table}.*)::{schema}.{table}", f"{table}.*")


def _refused(cursor: Cursor, policies: list[Policy], scratch: Scratch) -> ExpressionError:
    """Try the policies one by one, on the carriers that are there, and name those that PostgreSQL refuses."""
    from psycopg2 import Error

    refused = []
    for policy in policies:
        try:
            with rolled_back(cursor, "gatepost_one"):
                cursor.execute(_on_carrier(policy, scratch))
        except Error as error:
            refused.append(f'"{policy}": {reason(error)}')
    return ExpressionError("PostgreSQL refuses what is declared for " + "; ".join(refused or ["the policies"]))
