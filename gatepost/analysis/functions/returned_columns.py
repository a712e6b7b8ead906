"""The columns of tables that a function returns to its caller as they are, and those that it only counts or sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gatepost.analysis.conditions.terms import (
    Call,
    Case,
    Cast,
    Column,
    Compare,
    Const,
    Exists,
    OncePerStatement,
    Param,
    Scalar,
    Select,
    Source,
    Term,
    Unknown,
)

ColumnKey = tuple[str, str, str]
EVERY = "*"
"""Stands for every column of a table."""
_FIGURES = frozenset("count sum avg stddev variance bool_and bool_or every".split())


@dataclass
class Returned:
    """What leaves a function.

    Args:
        plain: The columns whose values come out, with `*` for every column of a table.
        figures: The columns that are only counted, summed or averaged.
        followed: Whether all that comes out is known.
    """

    plain: set[ColumnKey] = field(default_factory=set)
    figures: set[ColumnKey] = field(default_factory=set)
    followed: bool = True

    def of(self, table: tuple[str, str], *, figures: bool = False) -> frozenset[str]:
        """Return the columns of one table.

        Args:
            table: Its schema and name.
            figures: Whether to return what is only counted or summed.
        """
        return frozenset(column for *key, column in (self.figures if figures else self.plain) if tuple(key) == table)


def returned_columns(body: Term) -> Returned:
    """Return the columns that come out of a function.

    Args:
        body: What it returns, as `Follower.body` has it.
    """
    found = Returned()
    _rows(body, found)
    return found


def _rows(term: Term, found: Returned) -> None:
    match term:
        case Select():
            sources = {source.name: source for source in term.sources}
            for output in term.outputs:
                _value(output, sources, found, False)
            for other in term.others:
                _rows(other, found)
        case Case(whens, otherwise):
            for _, value in whens:
                _rows(value, found)
            _rows(otherwise, found)
        case Scalar(inner) | Cast(inner) | OncePerStatement(inner):
            _rows(inner, found)
        case Unknown():
            found.followed = False
        case _:
            _value(term, {}, found, False)


def _value(term: Term, sources: Mapping[str, Source], found: Returned, counted: bool) -> None:
    match term:
        case Column(name, column):
            _column(sources.get(name), column, found, counted)
        case Scalar(Select() as inner):
            within = {**sources, **{source.name: source for source in inner.sources}}
            for output in inner.outputs:
                _value(output, within, found, counted)
        case Call(("", name), args) if name in _FIGURES:
            for one in args:
                _value(one, sources, found, True)
        case Exists() | Compare() | Const() | Param():
            return
        case Unknown():
            found.followed = False
        case _:
            for part in term.parts:
                _value(part, sources, found, counted)


def _column(source: Source | None, column: str, found: Returned, counted: bool) -> None:
    if source is None:
        found.followed = False
    elif source.relation is not None:
        (found.figures if counted else found.plain).add((*source.relation, column))
    elif source.inside is not None:
        inner = Returned()
        _rows(source.inside, inner)
        found.plain |= inner.plain if not counted else set()
        found.figures |= inner.figures | (inner.plain if counted else set())
        found.followed = found.followed and inner.followed
