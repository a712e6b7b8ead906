"""Replace calls of SQL and PL/pgSQL functions by what their bodies return."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from gatepost.analysis.by_identity import ByIdentity
from gatepost.analysis.conditions.bodies.function_values import as_piece, as_term
from gatepost.analysis.conditions.grammar import NotUnderstood
from gatepost.analysis.conditions.parse import parse
from gatepost.analysis.conditions.rewrite import rebuilt, within_case
from gatepost.analysis.conditions.terms import (
    FALSE,
    NULL,
    TRUE,
    Call,
    Case,
    Compare,
    CompareMany,
    Const,
    IsNull,
    Items,
    Not,
    Or,
    Param,
    Scalar,
    Select,
    Session,
    Source,
    Term,
    Unknown,
    conjunction,
    disjunction,
    unwrapped,
)
from gatepost.schema import Function, Schema, View, is_platform

MAX_DEPTH = 5
"""How many calls deep functions are followed."""


class Follower:
    """Follows calls into bodies. Each body is read once.

    Args:
        live: The database with the functions and columns.
    """

    def __init__(self, live: Schema) -> None:
        self._live = live
        self._functions: dict[tuple[str, str], list[Function]] = {}
        for function in live.functions:
            if not is_platform(function.schema):
                self._functions.setdefault((function.schema, function.name), []).append(function)
        self._bodies: dict[tuple[str, str], Term] = {}
        self._followed: ByIdentity[Term] = ByIdentity()
        self._changed: dict[tuple[Function, ...], Follower] = {}

    def changed(self, functions: tuple[Function, ...]) -> Follower:
        """Return a follower for which some functions have other bodies.

        Args:
            functions: They, with these bodies.
        """
        if not functions:
            return self
        if functions not in self._changed:
            new = {function.key: function for function in functions}
            self._changed[functions] = Follower(
                replace(self._live, functions=tuple(new.get(one.key, one) for one in self._live.functions))
            )
        return self._changed[functions]

    def function(self, call: Call) -> Function | None:
        """Return the project's own function that a call refers to, or None."""
        schema, name = call.name
        names = [(schema, name)] if schema else [(s, name) for s in ("public", *self._live.search_path)]
        found = [f for key in names for f in self._functions.get((key[0], key[1]), ())]
        found = found or [f for key in names for f in self._functions.get((key[0], key[1].lower()), ())]
        fitting = [f for f in found if _arity(f) == len(call.args)]
        return (fitting or [f for f in found if _arity(f) > len(call.args)] or [None])[0]  # type: ignore[list-item]

    def functions(self, term: Term) -> list[Function]:
        """Return every function that a term calls, and that those call, once each."""
        found: dict[tuple[str, str], Function] = {}
        waiting = [term] if self._functions else []
        while waiting:
            for part in waiting.pop().all_of_type(Call):
                function = self.function(part)
                if function is not None and function.key not in found:
                    found[function.key] = function
                    waiting.append(self.body(function))
        return list(found.values())

    def follow(self, term: Term) -> Term:
        """Return a term with each call of the project's own functions replaced by its body's value."""
        if not self._functions:
            return term
        known = self._followed.get(term)
        if known is None:
            known = self._followed.keep(rebuilt(term, lambda part: self._inline(part, MAX_DEPTH)), term)
        return known

    def body(self, function: Function) -> Term:
        """Return what a function returns, over its parameters."""
        known = self._bodies.get(function.key)
        if known is None:
            known = as_term(function, self._columns, lambda name: self._relation(function, name))
            self._bodies[function.key] = _as_owner(known, function)
        return known

    def view(self, view: View) -> Term:
        """Return the rows that a view shows, as those of a function of its owner or of its caller."""
        as_function = Function(
            view.schema,
            view.name,
            "",
            "function",
            "sql",
            "record",
            view.owner,
            not view.invoker,
            "stable",
            view.definition,
        )
        return _as_owner(as_term(as_function, self._columns, lambda name: ("public", name)), as_function)

    def piece(self, function: Function, text: str) -> Term:
        """Return a statement or an expression of a function's body as a term.

        Args:
            function: The function.
            text: The SQL. For an UPDATE or DELETE its chosen rows are returned, for an INSERT the rows that it selects.

        Raises:
            NotUnderstood: the parser does not know it.
        """
        return as_piece(function, text, self._columns, lambda name: self._relation(function, name))

    def _inline(self, part: Term, depth: int) -> Term:
        if isinstance(part, Select) and not part.sources and len(part.outputs) == 1:
            inner = part.outputs[0]  # SELECT f(), where f returns rows: those rows
            return inner if isinstance(inner, Select) else part
        if isinstance(part, Compare | CompareMany):
            return within_case(part)
        if not isinstance(part, Call) or depth == 0:
            return part
        function = self.function(part)
        if function is None:
            return part
        body = self.body(function)
        if isinstance(body, Unknown) and not body.inside:
            return Unknown(str(function), part.args)
        values: dict[str, Term] = {}
        for at in range(_arity(function)):
            value = part.args[at] if at < len(part.args) else _default(function, at)
            values[f"${at + 1}"] = value
            if at < len(function.parameters) and function.parameters[at]:
                values[function.parameters[at]] = value
        value = rebuilt(body, lambda one: values.get(one.name, one) if isinstance(one, Param) else one)
        if len(part.args) < _arity(function):
            value = rebuilt(value, _without_tested_null)
        value = _as_owner(rebuilt(value, lambda one: self._inline(one, depth - 1)), function)
        if isinstance(value, Select) and len(value.outputs) == 1 and not function.returns_set:
            value = Scalar(value)
        return _unless_null(value, part.args) if function.strict else value

    def _columns(self, relation: tuple[str, str]) -> frozenset[str] | None:
        found = self._live.table(*relation) or self._live.view(*relation)
        return frozenset(column.name for column in found.columns) if found is not None else None

    def _relation(self, function: Function, name: str) -> tuple[str, str]:
        path = function.setting("search_path")
        schemas = [part.strip().strip("\"'") for part in path.split(",")] if path is not None else []
        for schema in (*schemas, "public", function.schema, "extensions"):
            if self._columns((schema, name)) is not None:
                return (schema, name)
        return ("", name)


def _without_tested_null(term: Term) -> Term:
    """Return a condition without the part that only counts for an argument that was given: `a = x OR a IS NULL`."""
    if isinstance(term, IsNull) and isinstance(inner := unwrapped(term.term), Const):
        return TRUE if inner.value is None else FALSE
    if isinstance(term, Or) and TRUE in term.terms:
        return TRUE
    return term


def _default(function: Function, at: int) -> Term:
    """Return what a missing argument holds: its default, of which the last arguments have one."""
    if function.defaults:
        with suppress(NotUnderstood):
            row = unwrapped(parse(f"ROW({function.defaults})"))
            if isinstance(row, Items):
                place = at - (_arity(function) - len(row.items))
                if 0 <= place < len(row.items):
                    return row.items[place]
    return Unknown(f"the default of {function.name}", ())


def _unless_null(value: Term, args: tuple[Term, ...]) -> Term:
    """Return what a STRICT function returns: NULL, or no row, where an argument is NULL."""
    nulls = [IsNull(arg) for arg in args if not isinstance(arg, Const) or arg.value is None]
    if not nulls:
        return value
    if isinstance(value, Select):
        sides = tuple([_unless_null(other, args) for other in value.others])
        where = conjunction(value.where, *(Not(null) for null in nulls))
        return replace(value, where=where, aggregated=False, others=sides)
    return Case(((disjunction(*nulls), NULL),), value)


def _as_owner(body: Term, function: Function) -> Term:
    """Return the body of a SECURITY DEFINER function with its owner as current user and reader of the tables."""
    if not function.definer:
        return body

    def owned(part: Term) -> Term:
        if isinstance(part, Source) and part.relation is not None and not part.reader:
            return Source(part.name, part.relation, part.inside, function.owner)
        return Const(function.owner, "name") if part == Session("current_user") else part

    return rebuilt(body, owned)


def _arity(function: Function) -> int:
    """Return how many arguments a function takes. A type may contain a comma in brackets."""
    depth = count = 0
    for character in function.arguments:
        depth += (character in "([") - (character in ")]")
        count += character == "," and depth == 0
    return count + 1 if function.arguments.strip() else 0
