"""Answer what several rules need to know about policies: who passes them, whose rows they show, how much it matters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from gatepost.analysis import PolicyFacts
from gatepost.analysis.conditions.terms import Column, Compare, CompareMany, Const, Items, Not, Term, unwrapped
from gatepost.analysis.context import Context
from gatepost.analysis.row_ownership import ONLY_AN_AUTHORITY
from gatepost.finding import Severity
from gatepost.name_hints import (
    Audience,
    about_people,
    is_secret,
    likely_audience,
    marks_public,
    name_parts,
    says_for_whom,
    signed_up,
    word_list,
)
from gatepost.schema import Command, Table

BIG = 10_000
"""The number of rows from which a cost is worth a warning."""


@dataclass(frozen=True)
class Access:
    """A role's use of a command through a policy.

    `beyond` are the rows that do not count; without it, those that the caller owns. With `missing_claims`, the token
    lacks what not every token has.
    """

    policy: PolicyFacts
    command: Command
    role: str
    beyond: Term | None = None
    missing_claims: bool = False


def opens_to_all(context: Context, access: Access) -> bool:
    """Return whether a policy lets a role use a command with every row that somebody owns, whatever else is stored.

    The role holds the privilege, the condition is always true for it, and so is every restrictive policy. An update
    must pass the condition on the row as it was and the one on the row as it will be.
    """
    one, command, role = access.policy, access.command, access.role
    if command not in one.commands or role not in one.callers[command]:
        return False
    truth = context.analysis.truth(one.table, role)
    together = [
        other
        for other in context.analysis.by_table[one.table.key]
        if not other.policy.permissive and command in other.commands and role in other.callers[command]
    ]
    conditions = {"insert": ("new",), "update": ("old", "new")}.get(command, ("old",))
    return all(truth.always(getattr(each, name)) for each in (one, *together) for name in conditions)


def judged(context: Context, permissive: bool | None = True) -> Iterator[PolicyFacts]:
    """Yield the policies that decide something and that are not declared.

    Args:
        context: The database.
        permissive: The kind of policy. None for both.
    """
    found = context.undeclared
    return iter(found if permissive is None else [one for one in found if one.policy.permissive is permissive])


def decisive(context: Context) -> Iterator[PolicyFacts]:
    """Yield the policies of tables whose row security is on, including declared ones."""
    return iter(context.decisive)


def beside(context: Context, one: PolicyFacts) -> list[PolicyFacts]:
    """Return the other permissive policies of a policy's table, which PostgreSQL combines with it by OR."""
    return [other for other in context.analysis.by_table[one.table.key] if other is not one and other.policy.permissive]


def siblings(context: Context, one: PolicyFacts) -> list[PolicyFacts]:
    """Return the permissive policies of the same table that are for the same command.

    Projects write public content with private writing as a policy for ALL next to one for SELECT.
    """
    return [other for other in beside(context, one) if other.policy.command == one.policy.command]


def checks_owner(context: Context, one: PolicyFacts, role: str) -> bool:
    """Return whether a policy by which a role reads ties the rows to the reader."""
    return role in one.callers["select"] and bool(
        context.ownership.columns_tied(one.old, one.table, role) - ONLY_AN_AUTHORITY
    )


def callers(one: PolicyFacts, *commands: Command) -> tuple[str, ...]:
    """Return the roles that can use one of some commands through a policy, the least trusted first."""
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
        if anybodys(context, one, role) and ownership.ties_nothing(one.condition(command), one.table, role):
            yield role


def anybodys(context: Context, one: PolicyFacts, role: str) -> bool:
    """Return whether people who have nothing to do with each other get a role.

    A token can name every role that `authenticator` becomes. Such a role is given to somebody for a reason, unless the
    rows belong to those who have it: partners who read what has a `partner_id`.
    """
    if not context.privileges.on_platform:
        return "public" in one.policy.roles
    if role in ("anon", "authenticated"):
        return True
    owners = context.analysis.owner_columns(one.table) if role in context.privileges.token_roles else frozenset()
    return any(part in role.lower() for name in owners for part in name_parts(name) - {"id", "i"})


def restricted(context: Context, table: Table, role: str, command: Command) -> bool:
    """Return whether a restrictive policy ties the rows of a command to the caller."""
    ownership = context.ownership
    return any(
        command in one.commands
        and role in one.callers[command]
        and not ownership.ties_nothing(one.condition(command), table, role)
        for one in context.analysis.by_table.get(table.key, ())
        if not one.policy.permissive
    )


def read_severity(context: Context, table: Table, role: str) -> Severity | None:
    """Return how bad it is that a role reads every row of a table, or None where it looks fine."""
    visible = [c.name for c in table.columns if context.privileges.holds(role, table, "SELECT", [c.name])]
    audience: Audience = likely_audience(table)
    if signed_up(table, visible):
        return "error"
    if _in_open_space(context, table, role):
        return "info"
    secrets = [name for name in visible if is_secret(name, role == "anon")]
    if secrets and not _of_premises(context, table, secrets):
        return "error"
    if context.analysis.owner_columns(table) & set(visible):
        return (
            "error"
            if audience == "private"
            else None
            if audience == "public"
            else "warning"
            if role == "anon"
            else "info"
        )
    if role == "anon" and about_people(table):
        return "error"
    return None


def _of_premises(context: Context, table: Table, columns: list[str]) -> bool:
    """Return whether columns say no more than how to get in touch with a shop or an office, which belongs to nobody."""
    named = name_parts(table.name) & word_list("premises_tables")
    contacts = all(name_parts(name) & word_list("contact_columns") for name in columns)
    return bool(named) and contacts and not about_people(table) and not context.analysis.owner_columns(table)


def _in_open_space(context: Context, table: Table, role: str) -> bool:
    """Return whether rows are written by people in a place that the role can see, such as a public channel."""
    if not name_parts(table.name) & word_list("message_tables"):
        return False
    for constraint in table.constraints:
        parent = context.live.table(*constraint.references[:2]) if constraint.references is not None else None
        if parent is None or parent.key == table.key or not name_parts(parent.name) & word_list("place_tables"):
            continue
        if any(
            role in loose_roles(context, one, "select")
            for one in context.analysis.by_table.get(parent.key, ())
            if one.policy.permissive and parent.row_security.enabled
        ):
            return True
    return False


def lone_guard(context: Context, one: PolicyFacts) -> bool:
    """Return whether a restrictive policy alone keeps rows apart, because a permissive one lets all through."""
    ownership = context.ownership
    return any(
        other.policy.permissive
        and command in one.commands
        and role in one.callers[command]
        and ownership.ties_nothing(other.condition(command), other.table, role)
        for other in context.analysis.by_table.get(one.table.key, ())
        for command in other.commands
        for role in other.callers[command]
    )


def marked(way: Term) -> bool:
    """Return whether a condition checks a column that marks rows as public, and not that they are not."""
    other: set[Term] = {part.term for part in way.all_of_type(Not) if _is_public_flag(part.term)}
    for part in way.walk():
        column, values = _compared(part)
        texts = [value for value in values if isinstance(value, str)]
        if column is None or not texts:
            continue
        if marks_public(column.name, texts) and says_for_whom(texts):
            return True
        other.add(column)
    return any(isinstance(part, Column) and part not in other and marks_public(part.name) for part in way.walk())


def _is_public_flag(term: Term) -> bool:
    return isinstance(term, Column) and bool(name_parts(term.name) & word_list("open_columns"))


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
    """Return how a sentence refers to a role."""
    return {"anon": "anyone, signed in or not,", "authenticated": "any signed-in user"}.get(role, f'the role "{role}"')


def size(table: Table) -> Severity:
    """Return how much a cost matters: a warning on a large table, otherwise information."""
    return "warning" if table.rows >= BIG else "info"
