"""What rules ask of policies alike: whose rows they are for, who passes them, and how much it matters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.terms import Column, Compare, CompareMany, Const, Items, Term, unwrapped
from gatepost.analysis.context import Context
from gatepost.analysis.row_ownership import ONLY_AN_AUTHORITY
from gatepost.finding import Severity
from gatepost.name_hints import (
    Meant,
    about_people,
    is_secret,
    marks_public,
    meant,
    name_parts,
    says_for_whom,
    signed_up,
)
from gatepost.schema import Command, Table

_SAID = frozenset("message chat comment reply reaction attachment".split())
_PLACES = frozenset("channel room thread forum topic board post article event stream lobby server".split())
BIG = 10_000
"""From how many rows on a cost is worth a warning."""


def judged(context: Context, permissive: bool | None = True) -> Iterator[PolicyFacts]:
    """Yield the policies that decide something and that nobody declared.

    Args:
        context: What was read.
        permissive: Which kind; None for both.
    """
    found = context.undeclared
    return iter(found if permissive is None else [one for one in found if one.policy.permissive is permissive])


def decisive(context: Context) -> Iterator[PolicyFacts]:
    """Yield the policies of tables whose row security is on, declared ones too."""
    return iter(context.decisive)


def beside(context: Context, one: PolicyFacts) -> list[PolicyFacts]:
    """Return the other permissive policies of a policy's table, which are joined to it by OR."""
    return [other for other in context.analysis.by_table[one.table.key] if other is not one and other.policy.permissive]


def siblings(context: Context, one: PolicyFacts) -> list[PolicyFacts]:
    """Return those beside a policy that are for the same command.

    A policy for ALL beside one for SELECT is how public content with private writing is written.
    """
    return [other for other in beside(context, one) if other.policy.command == one.policy.command]


def asks_whose(context: Context, one: PolicyFacts, role: str) -> bool:
    """Tell whether a policy that a role reads by ties the rows to their reader."""
    return role in one.callers["select"] and bool(
        context.ownership.columns_tied(one.old, one.table, role) - ONLY_AN_AUTHORITY
    )


def callers(one: PolicyFacts, *commands: Command) -> tuple[str, ...]:
    """Return the roles that a policy lets use one of some commands, the least trusted first."""
    found: tuple[str, ...] = ()
    for command in commands:
        if command in one.commands:
            found += one.callers[command]
    return _least_trusted_first(found) if len(found) > 1 else found


@cache
def _least_trusted_first(roles: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(roles), key=lambda role: (role != "anon", role)))


def loosest(context: Context, one: PolicyFacts, command: Command) -> str | None:
    """Return a role for which a policy ties the rows of a command to nobody, or None."""
    return next(loose_roles(context, one, command), None)


def loose_roles(context: Context, one: PolicyFacts, command: Command) -> Iterator[str]:
    """Yield the roles for which a policy ties the rows of a command to nobody, the least trusted first."""
    if command not in one.commands:
        return iter(())
    known = context.loose.get(one, command)
    if known is None:
        known = context.loose.keep(tuple(_loose_roles(context, one, command)), one, command)
    return iter(known)


def _loose_roles(context: Context, one: PolicyFacts, command: Command) -> Iterator[str]:
    ownership = context.ownership
    for role in callers(one, command):
        if anybodys(context, one, role) and ownership.ties_nothing(one.asked(command), one.table, role):
            yield role


def anybodys(context: Context, one: PolicyFacts, role: str) -> bool:
    """Tell whether anybody can hold a role: one of a project's own is given to somebody for a reason."""
    return role in ("anon", "authenticated") if context.privileges.on_platform else "public" in one.policy.roles


def restricted(context: Context, table: Table, role: str, command: Command) -> bool:
    """Tell whether a restrictive policy ties the rows of a command to the caller after all."""
    ownership = context.ownership
    return any(
        command in one.commands
        and role in one.callers[command]
        and not ownership.ties_nothing(one.asked(command), table, role)
        for one in context.analysis.by_table.get(table.key, ())
        if not one.policy.permissive
    )


def read_severity(context: Context, table: Table, role: str) -> Severity | None:
    """Return how bad it is that a role reads every row of a table, or None where nothing speaks against it."""
    visible = [c.name for c in table.columns if context.privileges.holds(role, table, "SELECT", [c.name])]
    for_whom: Meant = meant(table)
    if signed_up(table, visible):
        return "error"
    if _in_open_space(context, table, role):
        return "info"
    if any(is_secret(name, role == "anon") for name in visible):
        return "error"
    if context.analysis.owner_columns(table) & set(visible):
        return "error" if for_whom == "private" else None if for_whom == "public" else "info"
    if role == "anon" and about_people(table):
        return "error"
    return None


def _in_open_space(context: Context, table: Table, role: str) -> bool:
    """Tell whether rows are what people say in a place that shows itself to a role, such as a public channel."""
    if not name_parts(table.name) & _SAID:
        return False
    for constraint in table.constraints:
        parent = context.live.table(*constraint.references[:2]) if constraint.references is not None else None
        if parent is None or parent.key == table.key or not name_parts(parent.name) & _PLACES:
            continue
        if any(
            role in loose_roles(context, one, "select")
            for one in context.analysis.by_table.get(parent.key, ())
            if one.policy.permissive and parent.row_security.enabled
        ):
            return True
    return False


def lone_guard(context: Context, one: PolicyFacts) -> bool:
    """Tell whether a restrictive policy is all that keeps rows apart: a permissive one beside it lets all through."""
    ownership = context.ownership
    return any(
        other.policy.permissive
        and command in one.commands
        and role in one.callers[command]
        and ownership.ties_nothing(other.asked(command), other.table, role)
        for other in context.analysis.by_table.get(one.table.key, ())
        for command in other.commands
        for role in other.callers[command]
    )


def marked(way: Term) -> bool:
    """Tell whether a condition asks for a mark that says that rows are meant for everybody."""
    other: set[Term] = set()
    for part in way.walk():
        column, values = _compared(part)
        texts = [value for value in values if isinstance(value, str)]
        if column is None or not texts:
            continue
        if marks_public(column.name, texts) and says_for_whom(texts):
            return True
        other.add(column)
    return any(isinstance(part, Column) and part not in other and marks_public(part.name) for part in way.walk())


def _compared(part: Term) -> tuple[Column | None, list[object]]:
    if isinstance(part, Compare):
        for one, other in (
            (unwrapped(part.left), unwrapped(part.right)),
            (unwrapped(part.right), unwrapped(part.left)),
        ):
            if isinstance(one, Column) and isinstance(other, Const):
                return one, [other.value]
    if isinstance(part, CompareMany) and isinstance(part.many, Items):
        left = unwrapped(part.left)
        values: list[object] = [item.value for item in map(unwrapped, part.many.items) if isinstance(item, Const)]
        return (left if isinstance(left, Column) else None), values
    return None, []


def who(role: str) -> str:
    """Return how a role is called in a sentence."""
    return {"anon": "anybody, signed in or not,", "authenticated": "any signed-in user"}.get(role, f'the role "{role}"')


def size(table: Table) -> Severity:
    """Return how much a cost matters: a warning on a big table, else information."""
    return "warning" if table.rows >= BIG else "info"
