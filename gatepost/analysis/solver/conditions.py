"""Conditions in three values as formulas: what makes them true, and what makes them not false."""

from __future__ import annotations

from collections.abc import Callable

from gatepost.analysis.conditions import condition_parts as parts
from gatepost.analysis.conditions.rewrite import rebuilt
from gatepost.analysis.conditions.term_queries import row_columns
from gatepost.analysis.conditions.terms import (
    And,
    Call,
    Case,
    Cast,
    Column,
    Compare,
    CompareMany,
    Const,
    Error,
    Exists,
    IsNull,
    Items,
    Not,
    OncePerStatement,
    Or,
    Scalar,
    Select,
    Term,
    Unknown,
)
from gatepost.analysis.solver.formulas import (
    NO,
    ONE,
    YES,
    ZERO,
    Flag,
    Formula,
    Holds,
    alike,
    both,
    either,
    implies,
    less,
    opposite,
    same,
)
from gatepost.analysis.solver.scope import Scope, steady
from gatepost.analysis.solver.selects import Condition, returns_sets
from gatepost.analysis.solver.values import Values
from gatepost.analysis.solver.world import Value

_TRUE, _FALSE, _NULL = Condition(YES, YES), Condition(NO, NO), Condition(NO, YES)
_CHECKED = "a row that was checked"
_PATTERNS = frozenset({"like", "ilike", "~", "~*", "similar"})


class Conditions(Values):
    """Turns terms into conditions."""

    def condition(self, term: Term, scope: Scope) -> Condition:
        """Return a term as a condition."""
        match term:
            case Const(None):
                return _NULL
            case Const(bool() as value):
                return _TRUE if value else _FALSE
            case And(terms):
                return all_of([self.condition(one, scope) for one in terms])
            case Or(terms):
                return any_of([self.condition(one, scope) for one in terms])
            case Not(one):
                return denied(self.condition(one, scope))
            case OncePerStatement(one):
                return self.condition(one, scope)
            case Cast(Cast(one, "text"), "boolean") | Cast(one, "boolean") if parts.boolean(one):
                return self.condition(one, scope)
            case IsNull(one):
                null = self.null(one, scope)
                return Condition(null, null)
            case Compare():
                return self._compare(term, scope)
            case CompareMany():
                return self._among(term, scope)
            case Case(whens, otherwise):
                return self._case_condition(whens, otherwise, scope)
            case Call(("", "coalesce"), args) if any(parts.boolean(arg) for arg in args):
                return self._coalesced(args, scope)
            case Exists(select):
                found = self._exists(select, scope)
                return Condition(found, found)
            case Scalar(Select(_, (Call(("", "bool_or"), (one,)),), _, _, True, ()) as select) if select.sources:
                return self._bool_or(one, select, scope)
            case Error() | Unknown():
                return self._anything(term, scope)
        return self._from_value(self.value(term, scope))

    def demand_checks(self) -> None:
        """Take as given that no CHECK constraint is false for a row, where the question reads what it reads."""
        for row in self.world.all_rows():
            for check in self.world.frame.checks(row.table):
                if row_columns(check) <= row.columns.keys():
                    possible = self.condition(rebuilt(check, _of_checked), Scope({_CHECKED: row})).possible
                    self.world.demand(implies(row.present, possible))

    def _from_value(self, value: Value) -> Condition:
        self.world.demand(either(value.null, same(value.expression, ZERO), same(value.expression, ONE)))
        true = both(opposite(value.null), same(value.expression, ONE))
        return Condition(true, either(value.null, true))

    def _anything(self, term: Term, scope: Scope) -> Condition:
        name = self.names.of(term, scope)
        null = Flag(f"{name} is null")
        return Condition(both(Flag(name), opposite(null)), either(Flag(name), null))

    def _compare(self, term: Compare, scope: Scope) -> Condition:
        op, left, right = term.op, term.left, term.right
        if parts.boolean(left) or parts.boolean(right):
            return self._compare_truths(term, scope)
        one, other = self.alike_typed(left, right, scope)
        null = either(one.null, other.null)
        if op in ("is", "is not"):
            equal = either(both(one.null, other.null), both(opposite(null), same(one.expression, other.expression)))
            return Condition(equal, equal) if op == "is" else Condition(opposite(equal), opposite(equal))
        found = self._operator(op, one, other, term, scope)
        return Condition(both(opposite(null), found), either(null, found))

    def _operator(self, op: str, one: Value, other: Value, term: Term, scope: Scope) -> Formula:
        left, right = one.expression, other.expression
        match op:
            case "=":
                return same(left, right)
            case "<>":
                return opposite(same(left, right))
            case "<":
                return less(left, right)
            case ">":
                return less(right, left)
            case "<=":
                return opposite(less(right, left))
            case ">=":
                return opposite(less(left, right))
        if op in _PATTERNS and self.world.exact(one.type) and self.world.exact(other.type):
            self.world.assumed.setdefault(f"what {op} comes to")
            return Holds(f"{op}/{one.type}", (left, right))
        return Flag(self.names.of(term, scope, op))

    def _compare_truths(self, term: Compare, scope: Scope) -> Condition:
        one, other = self.condition(term.left, scope), self.condition(term.right, scope)
        null = either(one.null, other.null)
        equal = alike(one.true, other.true)
        if term.op in ("is", "is not"):
            found = either(both(one.null, other.null), both(opposite(null), equal))
            return Condition(found, found) if term.op == "is" else Condition(opposite(found), opposite(found))
        if term.op not in ("=", "<>"):
            return self._anything(term, scope)
        found = equal if term.op == "=" else opposite(equal)
        return Condition(both(opposite(null), found), either(null, found))

    def _case_condition(self, whens: tuple[tuple[Term, Term], ...], otherwise: Term, scope: Scope) -> Condition:
        found = self.condition(otherwise, scope)
        for when, then in reversed(whens):
            holds, value = self.condition(when, scope).true, self.condition(then, scope)
            found = Condition(
                either(both(holds, value.true), both(opposite(holds), found.true)),
                either(both(holds, value.possible), both(opposite(holds), found.possible)),
            )
        return found

    def _coalesced(self, args: tuple[Term, ...], scope: Scope) -> Condition:
        found = _NULL
        for arg in reversed(args):
            one = self.condition(arg, scope)
            found = Condition(
                either(one.true, both(one.null, found.true)), either(one.true, both(one.null, found.possible))
            )
        return found

    def _exists(self, select: Term, scope: Scope) -> Formula:
        if not isinstance(select, Select):
            return Flag(self.names.of(select, scope, "finds"))
        if select.aggregated:
            return YES
        found = [self._exists(other, scope) for other in select.others]
        side = Select(select.sources, select.outputs, select.where)
        several = any(returns_sets(one) for one in select.outputs)
        if not select.sources:
            where = self.condition(select.where, scope).true
            found.append(both(where, Flag(self.names.of(side, scope, "returns"))) if several else where)
        elif several:
            found.append(self.finds(side, scope, "some", lambda _: Flag(self.world.fresh("?"))))
        else:
            found.append(self.finds(Select(side.sources, (), side.where), scope, "a row", lambda _: YES))
        return either(*found)

    def _bool_or(self, term: Term, select: Select, scope: Scope) -> Condition:
        rows = Select(select.sources, (), select.where)
        true = self.finds(rows, scope, "a true one", lambda row: self.condition(term, row).true, term)
        known = self.finds(rows, scope, "one not null", lambda row: opposite(self.condition(term, row).null), term)
        return Condition(true, either(true, opposite(known)))

    def _among(self, term: CompareMany, scope: Scope) -> Condition:
        if isinstance(term.many, Items):
            found = [self.condition(Compare(term.op, term.left, item), scope) for item in term.many.items]
            return all_of(found) if term.all else any_of(found)
        if isinstance(term.many, Select):
            return self._among_rows(term, term.many, scope)
        return self._in_array(term, scope)

    def _among_rows(self, term: CompareMany, select: Select, scope: Scope) -> Condition:
        sides = (select, *_united(select))
        width = len(term.left.items) if isinstance(term.left, Items) else 1
        if not all(isinstance(one, Select) and _one_row_each(one, width) for one in sides) or (
            width > 1 and (term.op != "=" or term.all)
        ):
            return self._anything(term, scope)

        def finds(what: str, wanted: Callable[[Condition], Formula]) -> Formula:
            return either(*(self._side_has(one, scope, what, term, wanted) for one in sides if isinstance(one, Select)))

        if term.all:
            untrue = finds("one not true", lambda one: opposite(one.true))
            return Condition(opposite(untrue), opposite(finds("a false one", lambda one: one.false)))
        true, possible = finds("an equal", lambda one: one.true), finds("a possible", lambda one: one.possible)
        self.world.demand(implies(true, possible))
        return Condition(true, possible)

    def _side_has(
        self, side: Select, scope: Scope, what: str, term: CompareMany, wanted: Callable[[Condition], Formula]
    ) -> Formula:
        """Return whether one side of a UNION returns a value that compares as is wanted."""

        def body(row: Scope) -> Formula:
            lefts = term.left.items if isinstance(term.left, Items) else (term.left,)
            pairs = zip(lefts, side.outputs, strict=True)
            return wanted(all_of([self._compare_across(term.op, one, scope, other, row) for one, other in pairs]))

        if not side.sources:
            return both(self.condition(side.where, scope).true, body(scope))
        rows = Select(side.sources, side.outputs, side.where)
        return self.finds(rows, scope, f"{what} {term.op}", body, term.left)

    def _compare_across(self, op: str, left: Term, scope: Scope, right: Term, row: Scope) -> Condition:
        one, other = self.value(left, scope), self.value(right, row)
        if not other.type and isinstance(right, Const):
            other = self.world.literal(right, one.type)
        if not one.type and isinstance(left, Const):
            one = self.world.literal(left, other.type)
        null = either(one.null, other.null)
        if op in ("=", "<>", "<", "<=", ">", ">="):
            found = self._operator(op, one, other, left, scope)
        else:
            found = Flag(self.world.fresh(op))
        return Condition(both(opposite(null), found), either(null, found))

    def _in_array(self, term: CompareMany, scope: Scope) -> Condition:
        left, many = self.value(term.left, scope), self.value(term.many, scope)
        if term.op != "=" or term.all or not self.world.exact(left.type) or not steady(term, self.world.frame):
            return self._anything(term, scope)
        array = many.expression
        holds = Holds("is in", (left.expression, array))
        holed, empty = Holds("has a null", (array,)), Holds("is empty", (array,))
        self.world.demand(implies(holds, opposite(empty)), implies(holed, opposite(empty)))
        true = both(opposite(left.null), opposite(many.null), holds)
        null = either(many.null, both(left.null, opposite(empty)), both(opposite(left.null), opposite(holds), holed))
        return Condition(true, either(true, null))


def _of_checked(part: Term) -> Term:
    return Column(_CHECKED, part.name) if isinstance(part, Column) else part


def all_of(found: list[Condition]) -> Condition:
    """Return the AND of conditions."""
    return Condition(both(*(one.true for one in found)), both(*(one.possible for one in found)))


def any_of(found: list[Condition]) -> Condition:
    """Return the OR of conditions."""
    return Condition(either(*(one.true for one in found)), either(*(one.possible for one in found)))


def denied(found: Condition) -> Condition:
    """Return the NOT of a condition."""
    return Condition(opposite(found.possible), opposite(found.true))


def _united(select: Select) -> tuple[Term, ...]:
    found: list[Term] = []
    for other in select.others:
        found.append(other)
        if isinstance(other, Select):
            found += _united(other)
    return tuple(found)


def _one_row_each(select: Select, width: int) -> bool:
    """Return whether a select returns one row of so many values for each row of its sources, or one without any."""
    plain = len(select.outputs) == width and not any(returns_sets(one) for one in select.outputs)
    return plain and not select.aggregated and not select.one_row
