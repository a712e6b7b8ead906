"""Which rows the names of a condition mean, inside and outside of its sub-selects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gatepost.analysis.conditions.terms import Call, Column, Error, Param, Select, Term, Unknown
from gatepost.analysis.solver.formulas import Flag
from gatepost.analysis.solver.given.frame import Given
from gatepost.analysis.solver.world import Row, World

AGGREGATES = frozenset(
    "count sum avg min max bool_and bool_or every array_agg string_agg json_agg jsonb_agg json_object_agg"
    " jsonb_object_agg any_value bit_and bit_or bit_xor xmlagg stddev variance mode percentile_cont percentile_disc"
    " star".split()
)
_VOLATILE = frozenset(
    "random random_normal clock_timestamp timeofday gen_random_uuid uuid_generate_v4 nextval currval lastval"
    " statement_timestamp array_sample array_shuffle txid_current pg_current_xact_id set_config".split()
)
_SETTLED = ("", "auth", "storage")


@dataclass(frozen=True)
class View:
    """A select that stands after FROM: its columns are outputs of it, for one choice of its rows."""

    outputs: tuple[Term, ...]
    scope: Scope

    def output(self, name: str) -> Term | None:
        """Return the output that a column is, or None where that is not certain."""
        named = [one for one in self.outputs if isinstance(one, Column) and one.name == name]
        if len(named) == 1 and all(isinstance(one, Column) for one in self.outputs):
            return named[0]
        return self.outputs[0] if len(self.outputs) == 1 else None


@dataclass(frozen=True)
class Scope:
    """What the names of sources mean.

    Args:
        sources: The sources of this select.
        outer: The scope around it.
        depth: How many sub-selects deep its rows were needed.
    """

    sources: dict[str, Row | View] = field(default_factory=dict)
    outer: Scope | None = None
    depth: int = 0

    def find(self, name: str) -> Row | View | None:
        """Return what a source's name means, or None."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.sources:
                return scope.sources[name]
            scope = scope.outer
        return None

    def rows_of(self, term: Term) -> tuple[tuple[str, str], ...]:
        """Return which rows a term reads that were chosen outside of it."""
        names = {one.source for one in term.all_of_type(Column) if one.source}
        found = {name: self.find(name) for name in names}
        return tuple(sorted((name, _identity(one)) for name, one in found.items() if one is not None))


def _identity(bound: Row | View) -> str:
    if isinstance(bound, Row):
        return bound.name
    inner: list[str] = []
    scope: Scope | None = bound.scope
    while scope is not None:
        inner += [f"{name}={_identity(one)}" for name, one in sorted(scope.sources.items())]
        scope = scope.outer
    return f"({', '.join(inner)})"


def steady(term: Term, frame: Given) -> bool:
    """Return whether a term has one value wherever it is evaluated for the same rows."""
    if any(isinstance(part, Unknown | Error | Param) for part in term.walk()):
        return False
    return all(_steady_call(call, frame) for call in term.all_of_type(Call)) and not _aggregated(term)


def _aggregated(term: Term) -> bool:
    """Return whether a term is computed over all rows of a select that is not inside of it."""
    if isinstance(term, Select):
        return False
    return (isinstance(term, Call) and term.name[1] in AGGREGATES) or any(_aggregated(part) for part in term.parts)


def _steady_call(call: Call, frame: Given) -> bool:
    schema, name = call.name
    if call.name in frame.steady:
        return True
    return schema in _SETTLED and name not in _VOLATILE


class Names:
    """Gives the pieces of a condition that are not followed a name: the same where they have the same value.

    Args:
        world: The rows and the session.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: dict[tuple[object, ...], str] = {}

    def of(self, term: Term, scope: Scope, what: str = "") -> str:
        """Return the name of a term's value in a scope."""
        if not steady(term, self.world.frame):
            self.world.assumed.setdefault("something that could not be followed")
            return self.world.fresh("?")
        key = (what, term, scope.rows_of(term))
        return self._known.get(key) or self._known.setdefault(key, self.world.fresh(what or "value"))

    def remember(self, term: Term, scope: Scope, what: str, make: Callable[[], Flag]) -> Flag:
        """Return the flag that was made for a term in a scope, or make it."""
        if not steady(term, self.world.frame):
            return make()
        key = (what, term, scope.rows_of(term))
        known = self._known.get(key)
        if known is not None:
            return Flag(known)
        made = make()
        self._known[key] = made.name
        return made
