"""Find the SECURITY DEFINER functions that API roles can call, and the hidden rows that those read and write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.analysis.conditions.term_queries import conjuncts, unknown
from gatepost.analysis.conditions.terms import Column, Compare, Param, Select, unwrapped
from gatepost.analysis.function_effects import Body, reads_identity
from gatepost.analysis.functions.returned_columns import EVERY, returned_columns
from gatepost.name_hints import about_people, is_secret, likely_audience, name_parts, word_list
from gatepost.schema import Command, Function, Table, is_platform
from gatepost.sql import tokens

if TYPE_CHECKING:
    from gatepost.analysis.context import Context

_COUNTER = re.compile(
    r"\bset\s+(\"?\w+\"?)\s*=\s*(?:\w+\.)*(?:coalesce\s*\(\s*)?(?:\w+\.)*\1\b[^,;]*[-+]\s*\d+\b", re.IGNORECASE
)
_RAISE = re.compile(r"\braise\b[^;]*", re.IGNORECASE)
_NUMBERS = frozenset({"bigint", "integer", "smallint", "numeric", "real", "double precision"})


@dataclass(frozen=True)
class Callable:
    """A SECURITY DEFINER function with the roles that can call it and what it does."""

    function: Function
    roles: tuple[str, ...]
    body: Body


def callable_definers(context: Context) -> Iterator[Callable]:
    """Yield each SECURITY DEFINER function of the project that an API role can call."""
    for function in context.live.functions:
        if not function.definer or function.is_trigger or is_platform(function.schema):
            continue
        roles = callers(function, context)
        if roles:
            yield Callable(function, roles, context.bodies.follow(function))


def callers(function: Function, context: Context) -> tuple[str, ...]:
    """Return the API roles that hold EXECUTE on a function and may use its schema, or a view that calls it.

    PostgreSQL runs a view's functions as the view's reader, and checks no privilege on their schemas then.
    """
    privileges = context.privileges
    grantees = {grant.grantee for grant in function.grants}
    views = [
        view
        for view in context.live.views
        if any(reference.kind == "function" and reference.key == function.key for reference in view.reads)
        and not reads_identity(view.definition)
    ]
    return tuple(
        role
        for role in privileges.api_roles
        if grantees & privileges.inherited(role)
        and (privileges.uses(role, function.schema) or any(privileges.reaches(role, view, "SELECT") for view in views))
    )


def helps_policies_only(function: Function, context: Context) -> bool:
    """Return whether policies call the function and it lies in a schema that the API does not serve."""
    hidden = context.privileges.on_platform and function.schema not in context.live.exposed
    return hidden and _called_by_policies(function, context)


def _called_by_policies(function: Function, context: Context) -> bool:
    return any(
        reference.key == function.key
        for table in context.live.tables
        for policy in table.policies
        for reference in policy.reads
        if reference.kind == "function"
    )


def opened_on_purpose(function: Function) -> bool:
    """Return if somebody decided who may call the function: EXECUTE was revoked from PUBLIC and granted to some."""
    return "public" not in {grant.grantee for grant in function.grants}


def hidden_reads(found: Callable, context: Context) -> tuple[Table, ...]:
    """Return the tables that a function reads and whose rows its callers cannot all see."""
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
    """Return what a function writes that its callers could not write."""
    owner, privileges = found.function.owner, context.privileges
    writes: list[tuple[Command, Table]] = []
    for command, key in sorted(found.body.writes):
        table = context.live.table(*key)
        word: Command = command  # type: ignore[assignment]
        if table is None or not privileges.bypasses(owner, table):
            continue
        if any(not _writes_any(role, table, word, context) for role in found.roles if role != owner):
            writes.append((word, table))
    return tuple(writes)


def _writes_any(role: str, table: Table, command: Command, context: Context) -> bool:
    """Return whether the role can write any row without the function."""
    privileges = context.privileges
    if not privileges.writes(role, table, command):
        return False
    policies = privileges.policies(role, table, command)
    return privileges.bypasses(role, table) or any("true" in (p.using, p.check) for p in policies)


def _tables(keys: frozenset[tuple[str, str]], context: Context) -> set[tuple[str, str]]:
    """Return tables, including those below the views among the keys."""
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
    """Return whether the caller learns only a truth value, or nothing."""
    return function.returns in ("boolean", "void", "")


def gives_a_figure(function: Function) -> bool:
    """Return whether the caller gets one number, a count or a sum."""
    counted = re.search(r"\b(count|sum|avg)\s*\(", _code(function), re.IGNORECASE)
    return function.returns in _NUMBERS and not function.returns_set and counted is not None


def takes_a_secret(function: Function) -> bool:
    """Return whether rows are found by a secret that only its receiver knows, such as a token in a link."""
    return bool(function.parameters) and _compares_a_secret(_code(function))


def _compares_a_secret(code: str) -> bool:
    code = _RAISE.sub("", code)  # RAISE ... USING errcode = '42501' compares nothing
    left, right = ("|".join(map(re.escape, sorted(word_list(name)))) for name in ("secret_arguments", "secret_values"))
    return re.search(rf"\b\w*(?:{left})\w*\s*=|=\s*\w*(?:{right})", code, re.IGNORECASE) is not None


def picks_by_argument(function: Function) -> bool:
    """Return whether an argument is part of a condition."""
    after = re.split(r"\bwhere\b", _code(function), maxsplit=1, flags=re.IGNORECASE)
    named = "|".join(re.escape(name) for name in function.parameters if name)
    return len(after) > 1 and re.search(rf"\$\d+|\b(?:{named})\b" if named else r"\$\d+", after[1]) is not None


def chosen_owner(found: Callable, context: Context, hidden: tuple[Table, ...]) -> tuple[str, ...]:
    """Return the columns by which policies keep rows apart and that a function compares with an argument alone.

    A look-up in a table that looks public, such as a profile by its user, is no choice of somebody else's rows.
    """
    body = context.analysis.follower.body(found.function)
    compared = {pair for select in body.all_of_type(Select) for pair in _with_argument(select)}
    chosen = {
        column
        for table in hidden
        if likely_audience(table) != "public"
        for column in context.ownership.owners(table, found.roles)
        if (table.key, column) in compared
    }
    return tuple(sorted(chosen))


def _with_argument(select: Select) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the columns of a select's tables that must equal an argument."""
    relations = {source.name: source.relation for source in select.sources}
    for part in conjuncts(select.where):
        if isinstance(part, Compare) and part.op == "=":
            sides = (unwrapped(part.left), unwrapped(part.right))
            for one, other in (sides, sides[::-1]):
                relation = relations.get(one.source) if isinstance(one, Column) else None
                if isinstance(one, Column) and isinstance(other, Param) and relation is not None:
                    yield relation, one.name


def opens_closed_tables(found: Callable, context: Context, hidden: tuple[Table, ...]) -> bool:
    """Return whether functions are the only way to some tables, and this one shows of them what is nobody's own.

    Row security without a policy closes a table to everybody, so what its functions return was chosen. Rows that have
    an owner are counted at most, and no secret and nothing about people comes out. What policies call decides about
    other tables.
    """
    if _called_by_policies(found.function, context):
        return False
    returned = returned_columns(context.analysis.follower.body(found.function))
    if not returned.followed or not all(_closed(table, context) for table in hidden):
        return False
    return all(
        not returned.of(table.key) or (not _somebodys(table, context) and _harmless(table, returned.of(table.key)))
        for table in hidden
    )


def _closed(table: Table, context: Context) -> bool:
    """Return whether no policy lets any role of the API read a row."""
    privileges = context.privileges
    return table.row_security.enabled and not any(
        privileges.bypasses(role, table) or privileges.policies(role, table, "select") for role in privileges.api_roles
    )


def _somebodys(table: Table, context: Context) -> bool:
    """Return whether rows say whose they are, or belong to rows of another table that do."""
    todo, seen = [table], {table.key}
    while todo:
        one = todo.pop()
        if context.analysis.owner_columns(one):
            return True
        above = (context.live.table(*c.references[:2]) for c in one.constraints if c.references is not None)
        fresh = [parent for parent in above if parent is not None and parent.key not in seen]
        seen |= {parent.key for parent in fresh}
        todo += fresh
    return likely_audience(table) == "private" or about_people(table)


def _harmless(table: Table, columns: frozenset[str]) -> bool:
    names = {column.name for column in table.columns} if EVERY in columns else columns
    personal = word_list("personal_columns")
    return not any(is_secret(name, True) or name_parts(name) & personal for name in names)


def figure_of_a_stranger(found: Callable, context: Context, hidden: tuple[Table, ...]) -> tuple[str, ...]:
    """Return the columns by which the caller chooses whose private rows are counted or summed."""
    body = context.analysis.follower.body(found.function)
    if not gives_a_figure(found.function) or found.body.identity or unknown(body):
        return ()
    compared = {pair for select in body.all_of_type(Select) for pair in _with_argument(select)}
    return tuple(
        sorted(
            column
            for table in hidden
            if likely_audience(table) == "private"
            for column in context.analysis.owner_columns(table) | context.ownership.owners(table, found.roles)
            if (table.key, column) in compared
        )
    )


def only_counts_up(function: Function) -> bool:
    """Return whether the function only changes a number by a step, such as a count of visits."""
    code = _code(function)
    return len(re.findall(r"\bupdate\b", code, re.IGNORECASE)) == len(_COUNTER.findall(code)) > 0


def _code(function: Function) -> str:
    return "".join(token.text for token in tokens(function.body) if token.kind != "comment")
