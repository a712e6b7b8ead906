"""Values of a condition, each with whether it is NULL."""

from __future__ import annotations

from gatepost.analysis.conditions import condition_parts as parts
from gatepost.analysis.conditions import constants
from gatepost.analysis.conditions.terms import (
    Call,
    Case,
    Cast,
    Column,
    Const,
    Items,
    OncePerStatement,
    Scalar,
    Select,
    Session,
    Term,
)
from gatepost.analysis.solver.formulas import (
    NO,
    ONE,
    YES,
    ZERO,
    Apply,
    Expression,
    Flag,
    Formula,
    Holds,
    Symbol,
    both,
    choose,
    either,
    implies,
    less,
    opposite,
    same,
)
from gatepost.analysis.solver.given import sql_types
from gatepost.analysis.solver.scope import AGGREGATES, Scope, View, steady
from gatepost.analysis.solver.selects import Selects, returns_sets
from gatepost.analysis.solver.world import NULL, Row, Value

_NEVER_NULL = frozenset(
    "lower upper length btrim cardinality abs concat num_nulls num_nonnulls foldername distinct".split()
)
"""Functions that return NULL only over NULL, or never."""


class Values(Selects):
    """Turns terms into values."""

    def value(self, term: Term, scope: Scope) -> Value:
        """Return a term as a value."""
        match term:
            case Const():
                return self.world.literal(term)
            case Session():
                return self.world.session_value(term)
            case Column(source, name):
                return self._column(term, source, name, scope)
            case OncePerStatement(one):
                return self.value(one, scope)
            case Cast(one, type_):
                folded = constants.folded(term)
                return self.value(folded, scope) if folded != term else self._cast(term, one, type_, scope)
            case Case(whens, otherwise) if not parts.boolean(term):
                return self._case(whens, otherwise, scope)
            case Call(("", "coalesce"), args) if not any(parts.boolean(arg) for arg in args):
                return self._coalesce(args, scope)
            case Call(("", "nullif"), (one, other)):
                return self._nullif(one, other, scope)
            case Call(("", "now"), ()):
                return self.world.now()
            case Call(("", "?"), (Session("claim", ()), Const(str() as claim))) if self.world.always_claims(claim):
                return Value(ONE, NO, "boolean")
            case Call((_, name)) if name != "coalesce":
                return self._call(term, scope)
            case Scalar(Select() as select):
                return self._scalar(term, select, scope)
            case _ if parts.boolean(term) or isinstance(term, Call):
                found = self.condition(term, scope)
                return Value(choose(found.true, ONE, ZERO), found.null, "boolean")
            case Items() | Select() if steady(term, self.world.frame):
                return Value(Symbol(self.names.of(term, scope)), NO)
        return self._unknown(term, scope)

    def null(self, term: Term, scope: Scope) -> Formula:
        """Return whether a term is NULL."""
        return self.condition(term, scope).null if parts.boolean(term) else self.value(term, scope).null

    def alike_typed(self, left: Term, right: Term, scope: Scope) -> tuple[Value, Value]:
        """Return two values that are compared; a literal without a type takes on that of the other."""
        one, other = self.value(left, scope), self.value(right, scope)
        if not other.type and isinstance(right, Const):
            other = self.world.literal(right, one.type)
        if not one.type and isinstance(left, Const):
            one = self.world.literal(left, other.type or "text")
            other = self.world.literal(right, "text") if isinstance(right, Const) else other
        return one, other

    def _unknown(self, term: Term, scope: Scope) -> Value:
        name = self.names.of(term, scope)
        return Value(Symbol(name), Flag(f"{name} is null"))

    def _column(self, term: Term, source: str, name: str, scope: Scope) -> Value:
        bound: Row | View | None = scope.find(source) if source else self.world.row
        if isinstance(bound, Row):
            return self.world.column(bound, name)
        output = bound.output(name) if bound is not None else None
        if output is None or bound is None:
            return self._unknown(term, scope)
        return self.value(output, bound.scope)

    def _cast(self, term: Term, inner: Term, type_: str, scope: Scope) -> Value:
        value = self.value(inner, scope)
        if not value.type and isinstance(inner, Const) and inner.value is None:
            return Value(ZERO, YES, type_)
        if sql_types.unchanged(value.type, type_):
            return Value(value.expression, value.null, type_)
        if not value.type or not self.world.exact(value.type) or "(" in type_:
            found = self._unknown(term, scope)
            return self.world.typed(found.expression, either(value.null, found.null), type_)
        return self.world.typed(self.world.cast(value.type, type_, value.expression), value.null, type_)

    def _case(self, whens: tuple[tuple[Term, Term], ...], otherwise: Term, scope: Scope) -> Value:
        found = self.value(otherwise, scope)
        for when, then in reversed(whens):
            holds, value = self.condition(when, scope).true, self.value(then, scope)
            found = _chosen(holds, value, found)
        return found

    def _coalesce(self, args: tuple[Term, ...], scope: Scope) -> Value:
        found = NULL
        for arg in reversed(args):
            value = self.value(arg, scope)
            if not value.type and isinstance(arg, Const):
                value = self.world.literal(arg, found.type or self.value(args[0], scope).type)
            found = _chosen(opposite(value.null), value, found)
        return found

    def _nullif(self, one: Term, other: Term, scope: Scope) -> Value:
        left, right = self.alike_typed(one, other, scope)
        equal = both(opposite(right.null), same(left.expression, right.expression))
        return Value(left.expression, either(left.null, equal), left.type)

    def _call(self, term: Call, scope: Scope) -> Value:
        """Return what a function returns; of the same values it returns the same."""
        schema, name = term.name
        args = [self.value(arg, scope) for arg in term.args]
        type_ = sql_types.returned(name, tuple([arg.type for arg in args]))
        strict = schema in ("", "storage") and name not in parts.NOT_STRICT
        nulls = either(*(arg.null for arg in args)) if strict else NO
        if not steady(term, self.world.frame) or not all(self.world.exact(arg.type) for arg in args):
            found = self._unknown(term, scope)
            null = nulls if name in _NEVER_NULL else either(nulls, found.null)
            return self.world.typed(found.expression, null, type_)
        given: tuple[Expression, ...] = tuple([choose(arg.null, ZERO, arg.expression) for arg in args])
        if not strict:
            given += tuple([choose(arg.null, ONE, ZERO) for arg in args])
        called = f"{schema}.{name}/{'/'.join(arg.type for arg in args)}"
        self.world.assumed.setdefault(f"what {name}() returns" if name.isidentifier() else f"what {name} comes to")
        null = nulls if name in _NEVER_NULL else either(nulls, Holds(f"{called} is null", given))
        return self.world.typed(Apply(called, given), null, type_)

    def _scalar(self, term: Scalar, select: Select, scope: Scope) -> Value:
        if not steady(term, self.world.frame) or len(select.outputs) != 1 or select.others:
            return self._unknown(term, scope)
        (output,) = select.outputs
        if not select.sources or select.aggregated or returns_sets(output):
            return self._aggregated(term, select, scope) if select.aggregated else self._unknown(term, scope)
        if isinstance(output, Call) and output.name[1] in AGGREGATES:
            return self._unknown(term, scope)
        found = self._unknown(term, scope)

        def is_it(row: Scope) -> Formula:
            value = self.value(output, row)
            return both(opposite(value.null), same(value.expression, found.expression))

        key = Scalar(select)
        picked = self.finds(select, scope, "the value", is_it, key)
        empty = opposite(self.finds(select, scope, "a row", lambda _: YES))
        lacking = self.finds(select, scope, "a null", lambda row: self.value(output, row).null)
        self.world.demand(implies(opposite(found.null), picked), implies(found.null, either(empty, lacking)))
        return self.world.typed(found.expression, found.null, self._type_of(output, select))

    def _type_of(self, output: Term, select: Select) -> str:
        """Return the type of a column that a select returns, or the empty string."""
        if isinstance(output, Column):
            source = next((one for one in select.sources if one.name == output.source), None)
            if source is not None and source.relation is not None:
                return self.world.frame.column(source.relation, output.name)[0]
        return ""

    def _aggregated(self, term: Scalar, select: Select, scope: Scope) -> Value:
        """Return an aggregate over all rows; a count says whether there is any."""
        (output,) = select.outputs
        found = self._unknown(term, scope)
        if not isinstance(output, Call) or output.name != ("", "count") or len(output.args) != 1:
            return found
        (arg,) = output.args
        star = isinstance(arg, Call) and arg.name[1] == "star"
        any_row = self.finds(
            Select(select.sources, (), select.where), scope, f"counted {star}",
            lambda row: YES if star else opposite(self.null(arg, row)), output,
        ) if select.sources else Flag(self.names.of(term, scope, "counted"))  # fmt: skip
        value = self.world.typed(found.expression, NO, "bigint")
        self.world.demand(opposite(less(value.expression, ZERO)), _same_truth(less(ZERO, value.expression), any_row))
        return value


def _chosen(when: Formula, one: Value, other: Value) -> Value:
    null = either(both(when, one.null), both(opposite(when), other.null))
    return Value(choose(when, one.expression, other.expression), null, _common_type(one, other))


def _common_type(one: Value, other: Value) -> str:
    if one.type == other.type or other.null == YES:
        return one.type
    if one.null == YES:
        return other.type
    return "numeric" if {one.type, other.type} <= sql_types.NUMBERS else ""


def _same_truth(one: Formula, other: Formula) -> Formula:
    return both(implies(one, other), implies(other, one))
