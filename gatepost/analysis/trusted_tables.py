"""Find the tables that policies trust, and whether a user can write the row that decides their own access."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from gatepost.analysis.conditions.outcomes import Outcome
from gatepost.analysis.conditions.rewrite import rebuilt
from gatepost.analysis.conditions.term_queries import alternatives, as_exists, branches, relations, sessions, unknown
from gatepost.analysis.conditions.terms import (
    TRUE,
    And,
    Call,
    Cast,
    Column,
    Compare,
    CompareMany,
    Const,
    IsNull,
    Items,
    Not,
    OncePerStatement,
    Or,
    Select,
    Session,
    Term,
    unwrapped,
)
from gatepost.analysis.conditions.three_valued_logic import Truth
from gatepost.analysis.context import Context
from gatepost.analysis.policies import PolicyFacts
from gatepost.name_hints import name_parts, word_list
from gatepost.schema import Table, is_platform


@dataclass(frozen=True)
class Trust:
    """A table that a policy, or without a policy a hook that writes claims, trusts to let a user in.

    `subject` are the columns that hold the user. `links` are those that are compared with the row or another table.
    `demands` are those that must have one of some values.
    """

    policy: PolicyFacts | None
    table: Table
    subject: frozenset[str]
    links: frozenset[str]
    demands: tuple[tuple[str, tuple[object, ...]], ...] = ()


@dataclass
class _Parts:
    subject: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    demands: dict[str, tuple[object, ...]] = field(default_factory=dict)


def trusted(context: Context) -> Iterator[Trust]:
    """Yield each table in which a policy finds the user, once per policy and table."""
    for one in context.analysis.policies:
        if not one.roles or not one.policy.permissive:
            continue
        seen = set()
        for term in one.followed:
            for part in _asserted(term) if term.all_of_type(Select) else ():
                found = as_exists(part)
                if found is None or not isinstance(found.select, Select) or context.ownership.everybody(part):
                    continue
                for trust in _trusts(context, one, found.select):
                    if trust.table.key not in seen or trust.demands:
                        seen.add(trust.table.key)
                        yield trust


def _asserted(term: Term) -> Iterator[Term]:
    """Yield the pieces of a term that are not negated. Being absent from a list of banned users is not trust."""
    yield term
    if isinstance(term, Not):
        # NOT (… IS NULL) asserts that the row exists.
        inner = term.term
        if isinstance(inner, IsNull):
            yield from _asserted(inner.term)
        return
    for part in term.parts:
        yield from _asserted(part)


def _trusts(context: Context, one: PolicyFacts, select: Select) -> Iterator[Trust]:
    for side in branches(select):
        for way in alternatives(side.where):
            yield from _trusts_in(context, one, side, way)


def _trusts_in(context: Context, one: PolicyFacts, select: Select, way: tuple[Term, ...]) -> Iterator[Trust]:
    for source in select.sources:
        table = context.live.table(*source.relation) if source.relation is not None else None
        if table is None or is_platform(table.schema):
            continue
        parts = _Parts()
        for condition in way:
            _sort(condition, source.name, parts)
        if parts.subject:
            yield Trust(
                one,
                table,
                frozenset(parts.subject),
                frozenset(parts.links - parts.subject),
                tuple(sorted(parts.demands.items())),
            )


def _sort(condition: Term, source: str, parts: _Parts) -> None:
    """Add one condition of a sub-select to the subject, the links or the demands."""
    match condition:
        case OncePerStatement(inner) | Cast(inner, "boolean") | Compare("is", inner, Const(True)):
            _sort(inner, source, parts)
        case Column(holder, flag) if holder == source:
            parts.demands[flag] = (True,)
        case Compare("=" | "is", left, right):
            _sort_pair(unwrapped(left), unwrapped(right), source, parts)
            _sort_pair(unwrapped(right), unwrapped(left), source, parts)
        case CompareMany("=", left, many, False):
            column = unwrapped(left)
            if not isinstance(column, Column) or column.source != source:
                return
            values = [unwrapped(item) for item in many.items] if isinstance(many, Items) else []
            if values and all(isinstance(value, Const) for value in values):
                parts.demands[column.name] = tuple(value.value for value in values if isinstance(value, Const))
            else:
                parts.links.add(column.name)


def _sort_pair(one: Term, other: Term, source: str, parts: _Parts) -> None:
    if not isinstance(one, Column) or one.source != source:
        return
    if isinstance(other, Session) and other.kind in ("uid", "email"):
        parts.subject.add(one.name)
    elif isinstance(other, Const):
        parts.demands[one.name] = (other.value,)
    elif any(isinstance(part, Column) and part.source != source for part in other.walk()):
        parts.links.add(one.name)


def forged_by(context: Context, trust: Trust, role: str) -> str | None:
    """Return the command by which a user can create the row that lets them in, or None where they cannot.

    Args:
        context: The database.
        trust: The row.
        role: The user's role.
    """
    if _inserts(context, trust, role):
        return "insert"
    return "update" if _updates(context, trust, role) else None


def _inserts(context: Context, trust: Trust, role: str) -> bool:
    table = trust.table
    columns = trust.subject | trust.links | {name for name, _ in trust.demands}
    keys = [set(index.columns) for index in table.indexes if index.unique and index.predicate is None]
    if any(key <= trust.links for key in keys) or not context.analysis.holds.reaches(role, table, "INSERT", columns):
        return False
    if any(context.analysis.set_by_trigger(table, column, "insert") for column in columns):
        return False
    return _passes(context, trust, role, "insert", frozenset())


def _updates(context: Context, trust: Trust, role: str) -> bool:
    table = trust.table
    keys = [set(index.columns) for index in table.indexes if index.unique]
    demanded = {name for name, _ in trust.demands if not name_parts(name) & word_list("own_choice_columns")}
    demanded -= word_list("acceptance_columns") if trust.links else frozenset()
    wanted = demanded | {name for name in trust.links if not any(key <= {name} for key in keys)}
    able = {
        column
        for column in wanted
        if context.analysis.holds.reaches(role, table, "UPDATE", [column])
        and not context.analysis.set_by_trigger(table, column, "update")
    }
    return bool(able) and _passes(context, trust, role, "update", frozenset(able))


def _passes(context: Context, trust: Trust, role: str, command: str, changed: frozenset[str]) -> bool:
    """Return whether a row that lets the user in passes the policies of its own table."""
    table = trust.table
    if not table.row_security.enabled:
        return True
    policies = [
        one
        for one in context.analysis.by_table.get(table.key, ())
        if command in one.commands and role in one.callers[command]
    ]
    truth = context.analysis.truth(table, role)
    for values in product(*([(name, value) for value in accepted] for name, accepted in trust.demands)):
        row = dict(values)
        old = {name: value for name, value in row.items() if name not in changed}

        def fits(one: PolicyFacts, old: dict[str, object] = old, row: dict[str, object] = row) -> bool:
            before = command == "insert" or _can_hold(context, one.old, trust, old, truth)
            return before and _can_hold(context, one.new, trust, row, truth, trust.links)

        strict = [one for one in policies if not one.policy.permissive]
        if any(one.policy.permissive and fits(one) for one in policies) and all(fits(one) for one in strict):
            return True
    return False


def _can_hold(
    context: Context,
    term: Term,
    trust: Trust,
    row: dict[str, object],
    truth: Truth,
    foreign: frozenset[str] = frozenset(),
) -> bool:
    """Return whether a user can choose the row so that a condition holds, with nothing but their own session.

    `foreign` are the columns that must lead to somebody else's rows, so they cannot hold the user.
    """
    if isinstance(term, And):
        return all(_can_hold(context, one, trust, row, truth, foreign) for one in term.terms)
    if isinstance(term, Or):
        return any(_can_hold(context, one, trust, row, truth, foreign) for one in term.terms)
    if isinstance(term, OncePerStatement):
        return _can_hold(context, term.term, trust, row, truth, foreign)
    if isinstance(term, Compare) and term.op in ("=", "is"):
        sides = {unwrapped(term.left), unwrapped(term.right)}
        if Session("uid") in sides and any(Column("", name) in sides for name in foreign):
            return False
    if term == TRUE or context.ownership.everybody(term):
        return True
    if relations(term) or unknown(term) or _beyond_the_user(term):
        return False

    def chosen(part: Term) -> Term:
        if isinstance(part, Column) and part.source == "":
            if part.name in trust.subject:
                return Session("uid")
            if part.name in row:
                return Const(row[part.name])  # type: ignore[arg-type]
        return part

    return bool(truth.possible_outcomes(rebuilt(term, chosen)) & Outcome.TRUE)


def _beyond_the_user(term: Term) -> bool:
    """Return whether a condition reads what a user cannot choose: a claim that the server sets, or a function."""
    claims = {s.path[:1] for s in sessions(term) if s.kind == "claim"}
    if claims - {("user_metadata",), ("aal",), ("is_anonymous",)} or any(s.kind == "setting" for s in sessions(term)):
        return True
    return any(part.name[0] and not is_platform(part.name[0]) for part in term.all_of_type(Call))
