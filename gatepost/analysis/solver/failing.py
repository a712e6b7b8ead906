"""Pieces of a condition that may raise an error: a row that nobody asked about can end the statement by them."""

from __future__ import annotations

from gatepost.analysis.conditions.term_queries import conjuncts
from gatepost.analysis.conditions.terms import (
    Call,
    Cast,
    Column,
    Compare,
    Const,
    Error,
    Scalar,
    Select,
    Session,
    Source,
    Term,
    Unknown,
    unwrapped,
)
from gatepost.analysis.solver.given import sql_types
from gatepost.analysis.solver.given.frame import Frame

_SAFE = frozenset(
    "coalesce nullif lower upper now concat length btrim ltrim rtrim -> ->> ? ?| ?& @> <@ && [] cardinality foldername"
    " filename greatest least num_nulls num_nonnulls array_length strpos split_part star count bool_or bool_and max min"
    " array_agg unnest starts_with any_value string_to_array left right reverse md5 jsonb_array_elements_text".split()
)
_SIZED = ("character", "bit", "text", "name")


def may_fail(term: Term, frame: Frame) -> frozenset[Term]:
    """Return the pieces of a condition that may raise an error.

    Args:
        term: The condition.
        frame: The types of the columns.
    """
    sources = {one.name: one.relation for one in term.all_of_type(Source)}
    return frozenset(part for part in term.walk() if _may_fail(part, frame, sources))


def _may_fail(part: Term, frame: Frame, sources: dict[str, tuple[str, str] | None]) -> bool:
    match part:
        case Cast(inner, type_):
            source = _type(inner, frame, sources)
            return not sql_types.cannot_fail(source, type_) and not (source and type_.startswith(_SIZED))
        case Call(name):
            return name not in frame.steady and (name[0] not in ("", "auth", "storage") or name[1] not in _SAFE)
        case Scalar(Select() as select):
            return bool(select.sources) and not select.one_row and not select.aggregated and not _one(select, frame)
        case Compare(op):
            return op in ("~", "~*", "similar")
    return isinstance(part, Error | Unknown)


def _type(term: Term, frame: Frame, sources: dict[str, tuple[str, str] | None]) -> str:
    match unwrapped(term) if not isinstance(term, Cast) else term:
        case Cast(_, type_):
            return type_
        case Const(_, type_):
            return type_
        case Session("uid"):
            return "uuid"
        case Session(raw=raw):
            return "jsonb" if raw else "text"
        case Column(source, name) if not source or sources.get(source) is not None:
            return frame.column(sources[source] if source else None, name)[0]
        case Call((_, name), args):
            return sql_types.returned(name, tuple([_type(arg, frame, sources) for arg in args]))
    return ""


def _one(select: Select, frame: Frame) -> bool:
    """Return whether a key of its table keeps a select from finding more than one row."""
    if len(select.sources) != 1 or select.sources[0].relation is None or select.others:
        return False
    (source,) = select.sources
    fixed = set()
    for part in conjuncts(select.where):
        if isinstance(part, Compare) and part.op == "=":
            sides = (unwrapped(part.left), unwrapped(part.right))
            for one, other in (sides, sides[::-1]):
                inside = {column.source for column in other.all_of_type(Column)}
                if isinstance(one, Column) and one.source == source.name and source.name not in inside:
                    fixed.add(one.name)
    return any(set(key) <= fixed for key in frame.keys(source.relation or ("", "")))
