"""Compare declared functions and views with those of a database: who may use them, and whose privileges they use.

Their bodies and queries are compared by `alembic check`, which may make them for a moment to see how PostgreSQL prints
them. Here the catalog is only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from gatepost import sql
from gatepost.analysis.context import Context
from gatepost.declare.declaration import DeclaredFunction, DeclaredView
from gatepost.finding import NotChecked
from gatepost.schema import PLATFORM_GRANTORS, Function, Grant, Schema, View

DeclaredEntity = DeclaredFunction | DeclaredView

_ON = {"true", "on", "yes", "1", "t", "y", ""}


@dataclass(frozen=True)
class EntityDrift:
    """What differs in one function or view, and in which `aspect`; `fix` is the SQL that makes it what was declared."""

    object: str
    aspect: str
    what: str
    fix: tuple[str, ...] = ()


def entity_drift(context: Context) -> Iterator[EntityDrift]:
    """Yield what differs between the declared functions and views and the database."""
    roles = context.roles
    for declared in context.declaration.entities if context.declaration is not None else ():
        there = _live(declared, context.live)
        if there is None:
            yield EntityDrift(str(declared), "existence", "it is declared but not in the database")
        elif isinstance(declared, DeclaredView) and isinstance(there, View):
            yield from _of_view(declared, there, roles)
        elif isinstance(declared, DeclaredFunction) and isinstance(there, Function):
            yield from _of_function(declared, there, roles)


def not_matched(context: Context) -> Iterator[NotChecked]:
    """Yield the declared functions that share their name with others, where their types do not say which one it is."""
    for declared in context.declaration.entities if context.declaration is not None else ():
        if _live(declared, context.live) is _UNDECIDED:
            yield NotChecked(
                str(declared),
                "several functions have this name, and the declared arguments match none of them by their types;"
                " alembic check compares it",
                ours=True,
            )


class _Undecided:
    """One of several functions, and nobody knows which."""


_UNDECIDED = _Undecided()


def _live(declared: DeclaredEntity, live: Schema) -> Function | View | _Undecided | None:
    if isinstance(declared, DeclaredView):
        return next((view for view in live.views if view.key == (declared.schema, declared.name)), None)
    found = live.functions_named(declared.schema, declared.name)
    if len(found) > 1:
        found = tuple(one for one in found if _has_types(declared.parameters, one.arguments))
        return found[0] if len(found) == 1 else _UNDECIDED
    return found[0] if found else None


def _has_types(parameters: str, types: str) -> bool:
    """Return whether the declared parameters, `u uuid, n integer DEFAULT 1`, have these types, `uuid, integer`."""
    declared = [one.strip().lower() for one in parameters.split(",") if one.strip()]
    live = [one.strip() for one in types.split(",") if one.strip()]
    without_defaults = [one.partition(" default ")[0].partition("=")[0].rstrip() for one in declared]
    return len(declared) == len(live) and all(
        one == type_ or one.endswith(f" {type_}") for one, type_ in zip(without_defaults, live, strict=True)
    )


def _of_function(declared: DeclaredFunction, there: Function, roles: Set[str]) -> Iterator[EntityDrift]:
    named = f"FUNCTION {sql.qualified(there.schema, there.name)}({there.arguments})"
    if declared.definer != there.definer:
        now, wanted = ("owner", "caller") if there.definer else ("caller", "owner")
        how = "DEFINER" if declared.definer else "INVOKER"
        yield EntityDrift(
            str(there),
            "security",
            f"it runs as its {now}, declared is as its {wanted}",
            (f"ALTER {named} SECURITY {how}",),
        )
    if declared.fixed_path and there.setting("search_path") is None:
        yield EntityDrift(
            str(there),
            "search_path",
            "it runs on the search path of whoever calls it, declared is one of its own",
            (f"ALTER {named} SET search_path = ''",),
        )
    yield from _of_grants(str(there), named, declared.grants, there.grants, roles - {there.owner})


def _of_view(declared: DeclaredView, there: View, roles: Set[str]) -> Iterator[EntityDrift]:
    named = sql.qualified(there.schema, there.name)
    for option in ("security_invoker", "security_barrier"):
        wanted, now = getattr(declared, option), there.option(option) in _ON
        if wanted != now:
            yield EntityDrift(
                str(there),
                option,
                f"it has {option} = {str(now).lower()}, declared is {str(wanted).lower()}",
                (f"ALTER VIEW {named} SET ({option} = {str(wanted).lower()})",),
            )
    yield from _of_grants(str(there), f"TABLE {named}", declared.grants, there.grants, roles - {there.owner})


def _of_grants(
    name: str, on: str, declared: Iterable[Grant], live: Iterable[Grant], roles: Set[str]
) -> Iterator[EntityDrift]:
    wanted = {(one.grantee, one.privilege, one.column) for one in declared}
    held = {
        (one.grantee, one.privilege, one.column)
        for one in live
        if one.grantee in roles and one.grantor not in PLATFORM_GRANTORS
    }
    differences = [
        (role, privilege, column, verb, said)
        for found, verb, said in (
            (held - wanted, "REVOKE {} ON {} FROM {}", "should not be there"),
            (wanted - held, "GRANT {} ON {} TO {}", "is missing"),
        )
        for role, privilege, column in sorted(found, key=str)
    ]
    if differences:
        yield EntityDrift(
            name,
            "grants",
            "; ".join(
                f"{_held(privilege, column)} to {role} {said}" for role, privilege, column, _, said in differences
            ),
            tuple(
                verb.format(_held(privilege, column and sql.identifier(column)), on, sql.roles([role]))
                for role, privilege, column, verb, _ in differences
            ),
        )


def _held(privilege: str, column: str | None) -> str:
    return f"{privilege} ({column})" if column else privilege
