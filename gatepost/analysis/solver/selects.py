"""Sub-selects as rows: one that finds something has a row to show for it, one that finds nothing has none.

The rows that a question needs are made one by one, and what holds of all rows is demanded of each of them. That
decides every question of the kind "some row exists such that no other does": a real database that answers it stays
one when everything but those rows is taken away.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from gatepost.analysis.conditions.condition_parts import RETURN_SETS
from gatepost.analysis.conditions.terms import TRUE, Call, Column, Items, Select, Source, Term, Unknown
from gatepost.analysis.solver.formulas import NO, Flag, Formula, both, either, implies, opposite
from gatepost.analysis.solver.given.constraints import ForeignKey
from gatepost.analysis.solver.scope import Names, Scope, View
from gatepost.analysis.solver.world import RelationKey, Row, World

DEEPEST = 3
"""How many sub-selects deep rows are made."""
MOST = 400
"""How often something is demanded of a choice of rows; more questions are not known."""
_OUTER_JOIN = "a row of an outer join"

Body = Callable[[Scope], Formula]


@dataclass(frozen=True)
class Condition:
    """A condition in three values: whether it is true, and whether it is not false."""

    true: Formula
    possible: Formula

    @property
    def null(self) -> Formula:
        """Whether it is NULL."""
        return both(self.possible, opposite(self.true))

    @property
    def false(self) -> Formula:
        """Whether it is false."""
        return opposite(self.possible)


@dataclass(frozen=True)
class Slot:
    """A place for a row of a relation."""

    relation: RelationKey
    table: tuple[str, str] | None


@dataclass(frozen=True)
class Plan:
    """The rows that one way through a select needs, and what must hold of them."""

    slots: tuple[Slot, ...]
    build: Callable[[tuple[Row, ...]], tuple[Scope, Formula]]


@dataclass
class Universal:
    """What must hold of every choice of rows: where it fulfils the body, `found` holds."""

    plan: Plan
    body: Body
    found: Formula
    done: int = 0


class TooMuch(Exception):
    """A question needs more rows than are tried."""


class Selects(ABC):
    """Turns sub-selects into flags, with rows that show them.

    Args:
        world: The rows and the session.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.names = Names(world)
        self._universals: list[Universal] = []
        self._instances = 0
        self._seen: set[tuple[int, tuple[str, ...]]] = set()
        self._parents: dict[tuple[str, ForeignKey, RelationKey], str] = {}

    @abstractmethod
    def condition(self, term: Term, scope: Scope) -> Condition:
        """Return a term as a condition."""

    def finds(self, select: Term, scope: Scope, what: str, body: Body, beside: Term = TRUE) -> Formula:
        """Return whether a select finds a row that fulfils a body.

        Args:
            select: The select.
            scope: Where it stands.
            what: Names the body: two of the same name, for the same select beside the same term, are one.
            body: What must hold, in the scope of the select's rows.
            beside: What the body reads in the scope where the select stands.
        """
        return either(*(self._side_finds(side, scope, what, body, beside) for side in _sides(select)))

    def _side_finds(self, side: Term, scope: Scope, what: str, body: Body, beside: Term) -> Formula:
        key = Items((side, beside))
        if not isinstance(side, Select) or scope.depth >= DEEPEST:
            return Flag(self.names.of(key, scope, f"finds {what}"))
        return self.names.remember(key, scope, f"finds {what}", lambda: self._existential(side, scope, what, body))

    def _existential(self, select: Select, scope: Scope, what: str, body: Body) -> Flag:
        flag = Flag(self.world.fresh(f"finds {what}"))
        ways: list[Formula] = []
        for plan in self._plans(select, scope):
            way = Flag(self.world.fresh("way"))
            rows = tuple([self.world.new_row(slot.relation, slot.table, scope.depth + 1) for slot in plan.slots])
            self.world.demand(implies(way, self._fulfilled(plan, rows, body)))
            self._universals.append(Universal(plan, body, flag))
            ways.append(way)
        self.world.demand(implies(flag, either(*ways)))
        return flag

    @staticmethod
    def _fulfilled(plan: Plan, rows: tuple[Row, ...], body: Body) -> Formula:
        scope, demands = plan.build(rows)
        present = both(*(row.present for row in rows))
        return NO if NO in (present, demands) else both(present, demands, body(scope))

    def demand_of_all(self) -> None:
        """Demand of every choice of rows what holds of all, until nothing new is needed.

        Raises:
            TooMuch: there are too many rows.
        """
        changed = True
        while changed:
            changed = self._made_parents()
            for at in range(len(self._universals)):
                one = self._universals[at]
                for rows in list(product(*(self.world.rows.get(slot.relation, ()) for slot in one.plan.slots))):
                    key = (at, tuple(row.name for row in rows))
                    if key in self._seen:
                        continue
                    self._seen.add(key)
                    self._instances += 1
                    if self._instances > MOST:
                        raise TooMuch
                    self.world.demand(implies(self._fulfilled(one.plan, rows, one.body), one.found))
                    changed = True

    def _made_parents(self) -> bool:
        """Make the rows to which others refer, but not those to which these refer, where a sub-select may find them."""
        relations = dict.fromkeys(slot.relation for one in self._universals for slot in one.plan.slots)
        made = False
        for row in self.world.all_rows():
            near = row.depth < 2 and row.name not in self._parents.values()
            for key in self.world.frame.foreign_keys(row.table) if near else ():
                for relation in relations:
                    named = (row.name, key, relation)
                    sees = relation[:2] == key.parent and (key.readers is None or relation[2] in key.readers)
                    if sees and named not in self._parents and all(one in row.columns for one in key.columns):
                        parent = self.world.new_row(relation, key.parent, row.depth + 1)
                        self._parents[named] = parent.name
                        self.world.demand_parent(row, key, parent)
                        made = True
        return made

    def _plans(self, select: Select, scope: Scope) -> Iterator[Plan]:
        """Yield the ways through a select: one, or one for each side of a UNION after FROM."""
        lost = _lost(select.where)
        ways = [list(self._ways(source, source.name in lost, scope)) for source in select.sources]
        for chosen in product(*ways):
            yield self._plan(select, scope, chosen)

    def _plan(self, select: Select, scope: Scope, chosen: tuple[Slot | tuple[Select, Plan], ...]) -> Plan:
        names = [source.name for source in select.sources]
        slots = [slot for way in chosen for slot in ((way,) if isinstance(way, Slot) else way[1].slots)]

        def build(rows: tuple[Row, ...]) -> tuple[Scope, Formula]:
            bound: dict[str, Row | View] = {}
            demands: list[Formula] = []
            left = list(rows)
            for name, way in zip(names, chosen, strict=True):
                if isinstance(way, Slot):
                    bound[name] = left.pop(0)
                    continue
                inner, plan = way
                within, demanded = plan.build(tuple([left.pop(0) for _ in plan.slots]))
                bound[name] = View(inner.outputs, within)
                demands.append(demanded)
            here = Scope(bound, scope, max((scope.depth, *(row.depth for row in rows))))
            return here, both(*demands, self.condition(select.where, here).true)

        return Plan(tuple(slots), build)

    def _ways(self, source: Source, lost: bool, scope: Scope) -> Iterator[Slot | tuple[Select, Plan]]:
        """Yield what a source takes its rows from; the lost side of an outer join may have any row."""
        if lost:
            yield Slot((self.world.fresh("rows"),), None)
        elif source.relation is not None:
            yield Slot((*source.relation, source.reader), source.relation)
        else:
            sides = list(_sides(source.inside)) if source.inside is not None else []
            flat = [side for side in sides if isinstance(side, Select) and _flat(side)]
            if flat and len(flat) == len(sides) and (len(flat) == 1 or all(len(side.outputs) == 1 for side in flat)):
                for side in flat:
                    yield from ((side, plan) for plan in self._plans(side, scope))
            else:
                inside = source.inside if source.inside is not None else Unknown("rows")
                yield Slot((self.names.of(inside, scope, "rows"),), None)


def _flat(select: Select) -> bool:
    """Return whether each row of a select comes from one row of each of its sources."""
    nested = [source.inside for source in select.sources if source.inside is not None]
    plain = all(isinstance(one, Select) and not one.others and _flat(one) for one in nested)
    one_each = bool(select.sources) and not select.aggregated and not select.one_row and not _lost(select.where)
    return one_each and plain and not any(returns_sets(one) for one in select.outputs)


def _lost(where: Term) -> frozenset[str]:
    """Return the sources whose columns an outer join makes NULL where it finds no row."""
    joins = [one for one in where.all_of_type(Unknown) if one.text == _OUTER_JOIN]
    return frozenset(column.source for one in joins for column in one.inside if isinstance(column, Column))


def _sides(select: Term) -> Iterator[Term]:
    """Yield a select without its unions, and what is united with it."""
    if not isinstance(select, Select):
        yield select
        return
    yield replace(select, others=())
    for other in select.others:
        yield from _sides(other)


def returns_sets(output: Term) -> bool:
    """Return whether an output may have no value for a row, or several."""
    return any(call.name[0] or call.name[1] in RETURN_SETS for call in output.all_of_type(Call))
