"""Values that the solver found, as values that can be stored in a row or put into a token."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction

from gatepost.analysis.solver.cvc5_search import Found
from gatepost.analysis.solver.formulas import Constant, Expression, Flag, Formula
from gatepost.analysis.solver.given import sql_types
from gatepost.analysis.solver.world import Row, Value, World, named
from gatepost.finding import Candidate, Plain


def wanted(world: World) -> Iterator[Expression | Flag]:
    """Yield what must be known of a world to describe it."""
    for value in _values(world):
        yield value.expression
        if isinstance(value.null, Flag):
            yield value.null
    for rows in world.rows.values():
        yield from (row.present for row in rows if isinstance(row.present, Flag))
    yield from world.literals.values()


def described(world: World, found: Found) -> Candidate:
    """Return what was found as a candidate.

    Args:
        world: The world of the question.
        found: What the solver found.
    """
    plain = _Plain(world, found)
    session = sorted((named(one), plain.of(value)) for one, value in world.session.items())
    others = [
        (".".join(row.table), plain.row(row))
        for rows in world.rows.values()
        for row in rows
        if row.table is not None and plain.holds(row.present)
    ]
    return Candidate(tuple(session), plain.row(world.row), tuple(dict.fromkeys(others)), tuple(world.assumed))


class _Plain:
    """Turns the solver's numbers back into values; equal ones of a type stay equal."""

    def __init__(self, world: World, found: Found) -> None:
        self._found = found
        self._labels = world.frame.labels
        self._known: dict[tuple[str, Fraction], Plain] = {}
        for (family, text), expression in world.literals.items():
            self._known.setdefault((_family(family), found.values[expression]), text)

    def holds(self, formula: Formula) -> bool:
        if isinstance(formula, Constant):
            return formula.value
        return isinstance(formula, Flag) and self._found.flags.get(formula, False)

    def row(self, row: Row) -> tuple[tuple[str, Plain], ...]:
        return tuple(sorted((name, self.of(value)) for name, value in row.columns.items()))

    def of(self, value: Value) -> Plain:
        if self.holds(value.null):
            return None
        number = self._found.values[value.expression]
        if value.type == "boolean":
            return number == 1
        if value.type in sql_types.NUMBERS:
            return int(number) if number.denominator == 1 else float(number)
        if labels := self._labels(value.type):
            return labels[int(number)]
        key = (_family(value.type), number)
        if key not in self._known:
            self._known[key] = _made(key[0], len(self._known) + 1, number)
        return self._known[key]


def _family(type_: str) -> str:
    return "text" if type_ in sql_types.TEXTS else type_


def _made(type_: str, number: int, moment: Fraction) -> Plain:
    if type_ == "uuid":
        return f"00000000-0000-4000-8000-{number:012d}"
    if type_ in sql_types.MOMENTS:
        return datetime.fromtimestamp(max(0, min(int(moment), 4_000_000_000)), UTC).isoformat()
    return f"value {number}"


def _values(world: World) -> Iterator[Value]:
    yield from world.session.values()
    yield from world.row.columns.values()
    for rows in world.rows.values():
        for row in rows:
            yield from row.columns.values()
