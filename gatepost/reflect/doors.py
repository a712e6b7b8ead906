"""Read views, functions, triggers, rules and publications, and what each of them refers to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gatepost.database.reading import printed
from gatepost.reflect.rows import Fetch, References, Relations
from gatepost.schema import (
    EventTrigger,
    Extension,
    Function,
    Grant,
    Publication,
    RewriteRule,
    Trigger,
    View,
)

Row = Sequence[Any]

_VIEW_KINDS: dict[str, Any] = {"v": "view", "m": "materialized"}
_FUNCTION_KINDS: dict[str, Any] = {"f": "function", "p": "procedure", "a": "aggregate", "w": "window"}
_VOLATILITIES: dict[str, Any] = {"i": "immutable", "s": "stable", "v": "volatile"}
_UPDATABLE = {8: "insert", 4: "update", 16: "delete"}
_TRIGGER_EVENTS = {4: "insert", 8: "delete", 16: "update", 32: "truncate"}
_RULE_EVENTS = {"1": "select", "2": "update", "3": "insert", "4": "delete"}


@dataclass(frozen=True)
class Doors:
    """What `Schema` holds besides tables and roles; by default nothing, for who needs tables only."""

    views: tuple[View, ...] = ()
    functions: tuple[Function, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    rewrite_rules: tuple[RewriteRule, ...] = ()
    publications: tuple[Publication, ...] = ()
    event_triggers: tuple[EventTrigger, ...] = ()
    extensions: tuple[Extension, ...] = ()


def doors(fetch: Fetch, relations: Relations) -> Doors:
    """Read the doors.

    Args:
        fetch: Runs a query of `queries/` by its name.
        relations: What views have alike with tables, and what views, rules and functions refer to.
    """
    references = relations.references
    return Doors(
        views=tuple(_view(row, relations) for row in relations.views),
        functions=tuple(_function(row, references) for row in fetch("functions")),
        triggers=tuple(_trigger(row) for row in fetch("triggers")),
        rewrite_rules=tuple(_rewrite_rule(row, references) for row in fetch("rewrite_rules")),
        publications=tuple(_publication(row) for row in fetch("publications")),
        event_triggers=tuple(_event_trigger(row) for row in fetch("event_triggers")),
        extensions=tuple(Extension(*row) for row in fetch("extensions")),
    )


def _view(row: Row, relations: Relations) -> View:
    number, schema, name, kind, owner, definition, options, updatable, extension = row
    return View(
        schema=schema,
        name=name,
        kind=_VIEW_KINDS[kind],
        owner=owner,
        definition=printed(definition),
        options=tuple(options),
        columns=tuple(relations.columns.get(number, ())),
        grants=relations.grants.get(number, ()),
        reads=relations.references.get(("view", number), ()),
        updatable=tuple(command for bit, command in _UPDATABLE.items() if updatable & bit),
        extension=extension,
    )


def _function(row: Row, references: References) -> Function:
    (number, schema, name, arguments, kind, language, returns, owner, definer, volatility, body, *more) = row
    returns_set, strict, leakproof, parsed, count, names, modes, settings, defaults, *held = more
    grants = [
        Grant(grantee, "EXECUTE", None, grantable, grantor)
        for grantee, grantable, grantor in zip(*(array or () for array in held), strict=True)
    ]
    return Function(
        schema=schema,
        name=name,
        arguments=arguments,
        kind=_FUNCTION_KINDS[kind],
        language=language,
        returns=printed(returns) if kind != "p" else "",
        owner=owner,
        definer=definer,
        volatility=_VOLATILITIES[volatility],
        body=body or "",
        returns_set=returns_set,
        strict=strict,
        leakproof=leakproof,
        parsed=parsed,
        parameters=_parameters(count, names, modes),
        settings=tuple(settings),
        defaults=printed(defaults),
        grants=tuple(sorted(grants, key=lambda grant: (grant.grantee, grant.grantor))),
        reads=references.get(("function", number), ()),
    )


def _parameters(count: int, names: list[str], modes: list[str] | None) -> tuple[str, ...]:
    """Return the names of the arguments that a caller gives: proargnames also names what comes out."""
    if not names:
        return ("",) * count
    given = modes or ["i"] * len(names)
    return tuple(name for name, mode in zip(names, given, strict=False) if mode in "ibv")[:count]


def _trigger(row: Row) -> Trigger:
    schema, table, name, function_schema, function, arguments, bits, enabled, definition = row
    timing: Any = "before" if bits & 2 else "instead of" if bits & 64 else "after"
    return Trigger(
        schema=schema,
        table=table,
        name=name,
        function=(function_schema, f"{function}({arguments})"),
        timing=timing,
        events=tuple(event for bit, event in _TRIGGER_EVENTS.items() if bits & bit),
        for_each_row=bool(bits & 1),
        enabled=enabled,
        definition=printed(definition),
    )


def _rewrite_rule(row: Row, references: References) -> RewriteRule:
    number, schema, table, name, event, instead, enabled, definition = row
    reads = references.get(("rule", number), ())
    return RewriteRule(schema, table, name, _RULE_EVENTS[event], instead, enabled, printed(definition), reads)


def _publication(row: Row) -> Publication:
    name, owner, all_tables, tables, schemas = row
    return Publication(name, owner, all_tables, tuple((table[0], table[1]) for table in tables or ()), tuple(schemas))


def _event_trigger(row: Row) -> EventTrigger:
    name, event, owner, enabled, schema, function, arguments, tags = row
    return EventTrigger(name, event, owner, enabled, (schema, f"{function}({arguments})"), tuple(tags))
