"""Which SECURITY DEFINER functions the API's roles can call, and what the rows that they touch are otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.analysis.function_effects import Body, asks_identity
from gatepost.schema import Command, Function, Table, is_platform
from gatepost.sql import tokens

if TYPE_CHECKING:
    from gatepost.analysis.context import Context

_SECRETS = re.compile(
    r"\b\w*(?:token|secret|code|hash|nonce|signature|key|slug|passphrase|pin)\w*\s*="
    r"|=\s*\w*(?:token|secret|code|hash|slug)",
    re.IGNORECASE,
)
_COUNTER = re.compile(
    r"\bset\s+(\"?\w+\"?)\s*=\s*(?:\w+\.)*(?:coalesce\s*\(\s*)?(?:\w+\.)*\1\b[^,;]*[-+]\s*\d+\b", re.IGNORECASE
)
_NUMBERS = frozenset({"bigint", "integer", "smallint", "numeric", "real", "double precision"})


@dataclass(frozen=True)
class Callable:
    """A SECURITY DEFINER function with the roles that can call it and what it does."""

    function: Function
    roles: tuple[str, ...]
    body: Body


def callable_definers(context: Context) -> Iterator[Callable]:
    """Yield each SECURITY DEFINER function of the project's that a role of the API can call."""
    for function in context.live.functions:
        if not function.definer or function.is_trigger or is_platform(function.schema):
            continue
        roles = callers(function, context)
        if roles:
            yield Callable(function, roles, context.bodies.follow(function))


def callers(function: Function, context: Context) -> tuple[str, ...]:
    """Return the API's roles that hold EXECUTE on a function and may use its schema, or a view that calls it.

    A view calls a function as whoever reads the view, and asks for no privilege on the function's schema then.
    """
    privileges = context.privileges
    grantees = {grant.grantee for grant in function.grants}
    views = [
        view
        for view in context.live.views
        if any(reference.kind == "function" and reference.key == function.key for reference in view.reads)
        and not asks_identity(view.definition)
    ]
    return tuple(
        role
        for role in privileges.api_roles
        if grantees & privileges.inherited(role)
        and (privileges.uses(role, function.schema) or any(privileges.reaches(role, view, "SELECT") for view in views))
    )


def helps_policies_only(function: Function, context: Context) -> bool:
    """Tell whether policies call the function, and the API serves it to nobody: it lies in another schema."""
    called = any(
        reference.key == function.key
        for table in context.live.tables
        for policy in table.policies
        for reference in policy.reads
        if reference.kind == "function"
    )
    return called and context.privileges.on_platform and function.schema not in context.live.exposed


def opened_on_purpose(function: Function) -> bool:
    """Tell whether somebody decided who may call the function: EXECUTE was taken from PUBLIC, and given to some."""
    return "public" not in {grant.grantee for grant in function.grants}


def hidden_reads(found: Callable, context: Context) -> tuple[Table, ...]:
    """Return the tables that a function reads and whose rows its callers do not all see by themselves."""
    owner, privileges = found.function.owner, context.privileges
    tables = (context.live.table(*key) for key in sorted(_tables(found.body.reads, context)))
    return tuple(
        table
        for table in tables
        if table is not None
        and privileges.sees_all(owner, table)
        and any(not privileges.sees_all(role, table) for role in found.roles if role != owner)
    )


def hidden_writes(found: Callable, context: Context) -> tuple[tuple[Command, Table], ...]:
    """Return what a function writes that its callers could not write by themselves."""
    owner, privileges = found.function.owner, context.privileges
    told: list[tuple[Command, Table]] = []
    for command, key in sorted(found.body.writes):
        table = context.live.table(*key)
        word: Command = command  # type: ignore[assignment]
        if table is None or not privileges.bypasses(owner, table):
            continue
        if any(not _writes_any(role, table, word, context) for role in found.roles if role != owner):
            told.append((word, table))
    return tuple(told)


def _writes_any(role: str, table: Table, command: Command, context: Context) -> bool:
    """Tell whether the role writes any row by itself."""
    privileges = context.privileges
    if not privileges.writes(role, table, command):
        return False
    asked = privileges.policies(role, table, command)
    return privileges.bypasses(role, table) or any("true" in (p.using, p.check) for p in asked)


def _tables(keys: frozenset[tuple[str, str]], context: Context) -> set[tuple[str, str]]:
    """Return tables, with those below the views among the keys."""
    found: set[tuple[str, str]] = set()
    todo = list(keys)
    while todo:
        key = todo.pop()
        view = context.live.view(*key)
        if view is None or key in found:
            found.add(key)
            continue
        found.add(key)
        todo += [reference.key for reference in view.reads if reference.kind == "relation"]
    return found


def answers_yes_or_no(function: Function) -> bool:
    """Tell whether the caller learns no more than a truth value, or nothing."""
    return function.returns in ("boolean", "void", "")


def gives_a_figure(function: Function) -> bool:
    """Tell whether the caller gets one number that is counted or summed."""
    counted = re.search(r"\b(count|sum|avg)\s*\(", _code(function), re.IGNORECASE)
    return function.returns in _NUMBERS and not function.returns_set and counted is not None


def asks_for_a_secret(function: Function) -> bool:
    """Tell whether rows are found by something that only who was given it knows, such as a token in a link."""
    return bool(function.parameters) and _SECRETS.search(_code(function)) is not None


def picks_by_argument(function: Function) -> bool:
    """Tell whether an argument takes part in a condition."""
    after = re.split(r"\bwhere\b", _code(function), maxsplit=1, flags=re.IGNORECASE)
    named = "|".join(re.escape(name) for name in function.parameters if name)
    return len(after) > 1 and re.search(rf"\$\d+|\b(?:{named})\b" if named else r"\$\d+", after[1]) is not None


def only_counts_up(function: Function) -> bool:
    """Tell whether the only thing that is changed is a number, by a step: how often a page was seen."""
    code = _code(function)
    return len(re.findall(r"\bupdate\b", code, re.IGNORECASE)) == len(_COUNTER.findall(code)) > 0


def _code(function: Function) -> str:
    return "".join(token.text for token in tokens(function.body) if token.kind != "comment")
