"""What constraints say of every row of a table that a statement finds.

Only what holds whoever looks and whenever: a constraint that was validated, is checked at once and is enforced. The
rows of tables that inherit from another one are found with it, but its keys and foreign keys do not bind them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.parse import parse
from gatepost.analysis.conditions.term_queries import row_columns
from gatepost.analysis.conditions.terms import Call, Cast, Error, Param, Select, Session, Term, Unknown
from gatepost.analysis.solver.given import sql_types
from gatepost.schema import Constraint, Schema, Table

Key = tuple[str, str]
_CHECK = re.compile(r"CHECK \((.*)\)", re.DOTALL)
"""What follows the last bracket makes less of it: NOT VALID, NO INHERIT, NOT ENFORCED."""
_LESS = re.compile(r"\)[^)]*\b(?:DEFERRABLE|NOT ENFORCED|NOT VALID)\b[^)]*$")
_SETTLED = frozenset("length lower upper btrim ltrim rtrim num_nulls num_nonnulls cardinality coalesce nullif".split())
"""Functions that return today what they returned when the row was written, whoever calls them."""


@dataclass(frozen=True)
class ForeignKey:
    """Columns that have values only where a row of another table has the same.

    `columns` are those of the table, `others` those of the `parent`. `readers` are the roles that see every row of the
    parent; without any it is everybody. The caller is the empty one.
    """

    columns: tuple[str, ...]
    parent: Key
    others: tuple[str, ...]
    readers: frozenset[str] | None = None


def keys(table: Table, live: Schema) -> tuple[tuple[str, ...], ...]:
    """Return the columns of each primary key and unique constraint: no two rows have the same values in them."""
    if live.is_inherited(table):
        return ()
    kinds = ("primary key", "unique")
    return tuple(sorted({one.columns for one in table.constraints if one.kind in kinds and _holds(one)}))


def checks(table: Table, live: Schema) -> tuple[Term, ...]:
    """Return the conditions of a table's CHECK constraints, which are true or NULL for each of its rows."""
    kinds = {column.name: column.type for column in table.columns}
    enums = {one.name for one in live.enums}
    found = [_condition(one) for one in table.constraints if one.kind == "check" and one.validated]
    return tuple([term for term in found if term is not None and _stays(term, kinds, enums)])


def foreign_keys(table: Table, live: Schema, caller: str) -> Iterator[ForeignKey]:
    """Yield the foreign keys of a table whose parents some reader sees in full.

    Args:
        table: The table.
        live: The database.
        caller: The role that asks, or nothing where it may be any.
    """
    if live.is_inherited(table):
        return
    for one in table.constraints:
        if one.kind != "foreign key" or one.references is None or not _holds(one):
            continue
        parent = live.table(*one.references[:2])
        if parent is None:
            continue
        readers = _readers(parent, live, caller)
        if readers is None or readers:
            yield ForeignKey(one.columns, parent.key, one.references[2], readers)


def _holds(constraint: Constraint) -> bool:
    return constraint.validated and _LESS.search(constraint.definition) is None


def _condition(constraint: Constraint) -> Term | None:
    found = _CHECK.fullmatch(constraint.definition)
    try:
        return parse(found[1]) if found is not None else None
    except NotUnderstood:
        return None


def _stays(term: Term, kinds: dict[str, str], enums: set[str]) -> bool:
    """Return whether a condition still holds for whoever reads a row, if it did for who wrote it.

    A moment as a text depends on the time zone, and a function of the project may have been changed since.
    """
    made = [part for part in term.walk() if isinstance(part, Cast | Call)]
    allowed = sql_types.NUMBERS | sql_types.TEXTS | {"uuid", "boolean"} | enums | (set() if made else sql_types.MOMENTS)
    if any(kinds.get(name, "").partition("(")[0].removesuffix("[]") not in allowed for name in row_columns(term)):
        return False
    if any(isinstance(part, Session | Select | Unknown | Error | Param) for part in term.walk()):
        return False
    return all(isinstance(one, Cast) or (not one.name[0] and one.name[1] in _SETTLED) for one in made)


def _readers(table: Table, live: Schema, caller: str) -> frozenset[str] | None:
    """Return the roles that see every row of a table, or None where everybody does."""
    if not table.row_security.enabled:
        return None
    beyond = {one.name for one in live.roles if one.superuser or one.bypass_row_security}
    beyond |= set() if table.row_security.forced else {table.owner}
    return frozenset(beyond | ({""} if caller in beyond else set()))
