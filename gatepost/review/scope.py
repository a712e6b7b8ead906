"""What changes can reach: the tables, views and functions whose access has to be tried on both sides.

Followed by the names in policies, functions, views and triggers of either side. A name that means something else costs
a trial; where names are not enough, because SQL is built at run time, everything is tried.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from gatepost.analysis.compared_values import identifiers_in
from gatepost.review.names import TableKey
from gatepost.review.role_reach import reached_by_roles
from gatepost.review.structure import ObjectChange
from gatepost.schema import Schema, is_platform

_NOWHERE = frozenset({"publication", "extension", "unique index", "setting"})
"""Kinds of objects whose change lets nobody read or write another row."""
_WRITES = frozenset({"insert", "update", "delete", "merge"})
_REFERS = re.compile(r"REFERENCES ([^\s(]+)\(")
_PLATFORM_TABLES = frozenset({("storage", "objects"), ("realtime", "messages"), ("auth", "users")})


@dataclass(frozen=True)
class Scope:
    """What is tried.

    Args:
        tables: The tables whose access may differ, in the words of the head.
        doors: The views and functions, by schema and name or signature, whose result may differ.
        helpers: The tables that policies of `tables` read: what somebody writes there may open a table to them.
        behind: The tables that `doors` read: who sees their rows anyway gains nothing by a door.
        policies: The functions that policies call, by name: what they answer shows in the tables.
        all: Whether everything is tried.
    """

    tables: frozenset[TableKey]
    doors: frozenset[tuple[str, str]]
    helpers: frozenset[TableKey] = frozenset()
    behind: frozenset[TableKey] = frozenset()
    policies: frozenset[str] = frozenset()
    all: bool = False

    @property
    def tried(self) -> frozenset[TableKey]:
        """The tables that callers try."""
        return self.tables | self.helpers | self.behind


NOTHING = Scope(frozenset(), frozenset())
"""What a change that concerns no access can reach."""


@dataclass(frozen=True)
class _Thing:
    """A table, a view or a function, with the names that its meaning depends on."""

    kind: str
    key: tuple[str, str]
    names: frozenset[str]
    policies: frozenset[str] = frozenset()

    @property
    def called(self) -> str:
        return self.key[1].partition("(")[0]


def scope_of(before: Schema, after: Schema, changes: Iterable[ObjectChange]) -> Scope:
    """Return what changes can reach.

    Args:
        before: The base in the words of the head.
        after: The head.
        changes: What is not the same.
    """
    counted = [
        one for one in changes if one.what not in _NOWHERE and not (one.how == "renamed" and one.what != "table")
    ]
    things = [*_things(before), *_things(after)]
    by_roles = reached_by_roles(before, after, counted)
    if by_roles is None:
        return _everything(things)
    known = {thing.key for thing in things}
    touched = {one.on for one in counted if one.on is not None} | (by_roles & known)
    referred = {name for one in counted for text in (one.before, one.after) for name in _REFERS.findall(text)}
    touched |= {thing.key for thing in things if one_of(thing.key, referred)}
    words = {one.name.rpartition(".")[2] for one in counted if one.what in ("enum", "domain", "bucket")}
    words |= {key[1].partition("(")[0] for key in touched}
    fired = _fired_by(counted, before, after)
    written = _written(things, touched | fired)
    touched |= written
    words |= {key[1] for key in written}
    tables, doors = _dependents(things, touched, words)
    read = frozenset[str]().union(*(t.policies for t in things if t.key in tables))
    helpers = {t.key for t in things if t.kind == "table" and t.called in read}
    behind = _behind(things, doors)
    return Scope(frozenset(tables), frozenset(doors), frozenset(helpers) - tables, behind - tables, _called(things))


def one_of(key: tuple[str, str], referred: set[str]) -> bool:
    """Return whether a table is among those that foreign keys refer to, as PostgreSQL prints them."""
    return bool({f"{key[0]}.{key[1]}", key[1]} & {name.replace('"', "") for name in referred})


def named_by(words: frozenset[str], before: Schema, after: Schema) -> frozenset[TableKey]:
    """Return the tables that statements name, and those whose access depends on what they name.

    Args:
        words: Every word of the statements.
        before: The base in the words of the head.
        after: The head.
    """
    things = [*_things(before), *_things(after)]
    names = words & {thing.called for thing in things}
    return frozenset(_dependents(things, {thing.key for thing in things if thing.called in names}, set(names))[0])


def _fired_by(changes: Iterable[ObjectChange], *sides: Schema) -> set[tuple[str, str]]:
    """Return the functions of triggers that changed: who fires one or no longer does writes what it writes."""
    names = {one.name for one in changes if one.what == "trigger"}
    return {trigger.function for live in sides for trigger in live.triggers if str(trigger) in names}


def _written(things: Iterable[_Thing], touched: set[tuple[str, str]]) -> set[TableKey]:
    """Return the tables that changed functions write: who may add what to them may have changed."""
    things = list(things)
    names = {
        name for thing in things if thing.key in touched and thing.kind == "function" and thing.names & _WRITES
        for name in thing.names
    }  # fmt: skip
    return {thing.key for thing in things if thing.kind == "table" and thing.called in names}


def _everything(things: Iterable[_Thing]) -> Scope:
    things = list(things)
    return Scope(
        frozenset(t.key for t in things if t.kind == "table"),
        frozenset(t.key for t in things if t.kind != "table"),
        policies=_called(things),
        all=True,
    )


def _called(things: Iterable[_Thing]) -> frozenset[str]:
    return frozenset[str]().union(*(thing.policies for thing in things))


def _behind(things: Iterable[_Thing], doors: set[tuple[str, str]]) -> frozenset[TableKey]:
    """Return the tables that doors read, through any number of views and functions."""
    things = list(things)
    names = {name for thing in things if thing.key in doors for name in thing.names}
    todo = set(names)
    while todo:
        more = {name for thing in things if thing.kind != "table" and thing.called in todo for name in thing.names}
        todo = more - names
        names |= more
    dynamic = "execute" in names
    return frozenset(t.key for t in things if t.kind == "table" and (dynamic or t.called in names))


def _dependents(
    things: Iterable[_Thing], touched: set[tuple[str, str]], words: set[str]
) -> tuple[set[TableKey], set[tuple[str, str]]]:
    """Return the tables and the doors that are touched, or that name something that is, through any number of steps."""
    found: dict[str, set[tuple[str, str]]] = {"table": set(), "door": set()}
    waiting = list(things)
    grew = True
    while grew:
        rest = []
        grew = False
        for thing in waiting:
            if thing.key in touched or thing.names & words or ("execute" in thing.names and words):
                found["table" if thing.kind == "table" else "door"].add(thing.key)
                words.add(thing.called)
                grew = True
            else:
                rest.append(thing)
        waiting = rest
    return found["table"], found["door"]


def _things(live: Schema) -> Iterable[_Thing]:
    """Yield what the project has, with the names that each depends on."""
    fired: defaultdict[TableKey, set[str]] = defaultdict(set)
    for trigger in live.triggers:
        fired[trigger.schema, trigger.table] |= {trigger.function[1].partition("(")[0]}
        fired[trigger.schema, trigger.table] |= identifiers_in(trigger.definition) - {"execute", trigger.table}
    bodies: defaultdict[str, set[str]] = defaultdict(set)
    for function in live.functions:
        bodies[function.name] |= identifiers_in(function.body)
    for table in live.tables:
        if table.extension is not None or (is_platform(table.schema) and table.key not in _PLATFORM_TABLES):
            continue
        texts = [text for policy in table.policies for text in (policy.using, policy.check) if text]
        policies = _reached({name for text in texts for name in identifiers_in(text)}, bodies)
        rest = [c.default for c in table.columns if c.default] + [c.type for c in table.columns]
        rest += [one.definition for one in table.constraints if one.kind == "check"]
        names = policies | fired[table.key] | {name for text in rest for name in identifiers_in(text)}
        names |= {parent[1] for parent in table.parents}
        own = {column.name for column in table.columns} | {table.name}
        yield _Thing("table", table.key, frozenset(names - own), frozenset(policies - {table.name}))
    for view in live.views:
        if view.extension is None and not is_platform(view.schema):
            yield _Thing("view", view.key, identifiers_in(view.definition) - {view.name})
    for function in live.functions:
        if not is_platform(function.schema):
            own = {function.name}
            types = identifiers_in(f"{function.arguments} {function.returns}")
            yield _Thing("function", function.key, frozenset((bodies[function.name] | types) - own))


def _reached(names: set[str], bodies: dict[str, set[str]]) -> set[str]:
    found, todo = set(names), [name for name in names if name in bodies]
    while todo:
        more = bodies[todo.pop()] - found
        found |= more
        todo += [name for name in more if name in bodies]
    return found
