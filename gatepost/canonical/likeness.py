"""Create stand-ins for the objects of a live database in another one, so that expressions parse there in the same way.

Stand-ins are tables with columns only, types, functions without bodies, operators and casts. For objects of an
extension, the extension itself is created if the server offers it to a role that is not a superuser. Defaults,
constraints, indexes, triggers and rules are left out, because no expression of a policy needs them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gatepost import sql
from gatepost.canonical.shapes import Shape
from gatepost.canonical.statements import create_cast, create_function, create_operator, create_type
from gatepost.canonical.vocabulary import Key, Vocabulary
from gatepost.schema import Column, Schema


@dataclass(frozen=True)
class Refusal:
    """PostgreSQL's message about a refused statement, and its SQLSTATE."""

    said: str
    state: str


Execute = Callable[[Sequence[str]], Mapping[int, Refusal]]
"""Runs statements and returns those that PostgreSQL refused, by their position."""
Tables = Mapping[Key, tuple[Column, ...]]

_MODIFIER = re.compile(r"(?:\([^()\"]*\))?((?:\[\])*)$")
_CASTS = "gatepost casts"
_NO_TYPE = 'pg_catalog."not a type"'
"""Stands for text that is more than a type, so that PostgreSQL refuses what needs it."""


def make_likeness(
    live: Schema, vocabulary: Vocabulary, carriers: Iterable[Key], execute: Execute
) -> dict[Key, Refusal]:
    """Create stand-ins for everything that the policies of some tables can name.

    Args:
        live: The database.
        vocabulary: What the expressions can name.
        carriers: The tables that carry the policies.
        execute: Runs statements in the other database, as a role that is not a superuser.

    Returns:
        PostgreSQL's messages about the tables that could not be created.
    """
    tables = _tables(live, vocabulary, frozenset(carriers))
    used = _used_types(vocabulary) | {_base(column.type) for columns in tables.values() for column in columns}
    execute([f"CREATE SCHEMA IF NOT EXISTS {sql.identifier(name)}" for name in _schemas(live, vocabulary, tables)])
    # Extensions come first: their scripts run as a superuser, and must meet nothing of the live database.
    there = _make_extensions(live, _needed_extensions(live, vocabulary, tables, used), execute)
    likeness = _Likeness(live, vocabulary, there, used)
    refused = _in_any_order([*likeness.types(), *likeness.tables(tables)], execute)
    execute(list(likeness.callables()))
    return {key: words for key, words in refused.items() if key in tables}


def _used_types(words: Vocabulary) -> set[str]:
    """Return how the types of functions, operators and types are printed, and those that an expression may name."""
    found = {type_ for one in words.signatures for type_ in (one.returns, *(a.type for a in one.arguments))}
    found |= {type_ for one in words.operators for type_ in (one.left, one.right, one.result) if type_}
    found |= {type_ for one in words.types for _, type_ in one.attributes}
    found |= {one.base for one in words.types if one.base}
    found |= {one.printed for one in words.types if one.name in words.words}
    return {_base(type_) for type_ in found}


def _base(type_: str) -> str:
    """Return a printed type without its modifier and without what makes it an array."""
    return _MODIFIER.sub("", type_)


def _tables(live: Schema, words: Vocabulary, carriers: frozenset[Key]) -> Tables:
    """Return the tables and views that carry a policy, that an expression may name, or whose rows are a type in use."""
    every = {table.key: table.columns for table in live.tables} | {view.key: view.columns for view in live.views}
    rows = dict(words.row_types)
    todo = [key for key in every if key in carriers or key[1] in words.words]
    todo += [rows[type_] for type_ in _used_types(words) if type_ in rows]
    wanted: set[Key] = set()
    while todo:
        key = todo.pop()
        if key in every and key not in wanted:
            wanted.add(key)
            todo += [rows[type_] for type_ in (_base(column.type) for column in every[key]) if type_ in rows]
    return {key: columns for key, columns in every.items() if key in wanted}


def _schemas(live: Schema, words: Vocabulary, tables: Iterable[Key]) -> list[str]:
    found = {schema for schema, _ in tables} | set(live.search_path) | {one.schema for one in live.extensions}
    found |= {one.schema for one in words.types} | {one.schema for one in words.signatures}
    found |= {one.schema for one in words.operators} | {one.schema for one in words.named}
    return sorted(found - {"pg_catalog"} | {_CASTS})


def _needed_extensions(live: Schema, words: Vocabulary, tables: Iterable[Key], used: set[str]) -> set[str]:
    found = {one.extension for one in words.signatures} | {one.extension for one in words.operators}
    found |= {one.extension for one in words.types if one.printed in used}
    found |= {_extension_of(live, key) for key in tables}
    return {name for name in found if name is not None}


def _extension_of(live: Schema, key: Key) -> str | None:
    found = live.table(*key) or live.view(*key)
    return found.extension if found is not None else None


def _make_extensions(live: Schema, needed: set[str], execute: Execute) -> frozenset[str]:
    wanted = [one for one in live.extensions if one.name in needed]
    refused = execute(
        [f"CREATE EXTENSION {sql.identifier(one.name)} SCHEMA {sql.identifier(one.schema)}" for one in wanted]
    )
    return frozenset(one.name for at, one in enumerate(wanted) if at not in refused)


def _in_any_order(todo: Sequence[tuple[Key, str]], execute: Execute) -> dict[Key, Refusal]:
    """Run statements that may need each other, until none of those that are left can run."""
    while todo:
        refused = execute([statement for _, statement in todo])
        if len(refused) == len(todo):
            return {todo[at][0]: words for at, words in refused.items()}
        todo = [todo[at] for at in sorted(refused)]
    return {}


@dataclass(frozen=True)
class _Likeness:
    """Writes the statements; `there` holds the extensions that were made, `used` the types in use."""

    live: Schema
    vocabulary: Vocabulary
    there: frozenset[str]
    used: set[str]

    def types(self) -> Iterator[tuple[Key, str]]:
        for made in self.vocabulary.types:
            if made.extension not in self.there and (made.extension is None or made.printed in self.used):
                yield (made.schema, made.name), create_type(made, self._typed)

    def tables(self, tables: Tables) -> Iterator[tuple[Key, str]]:
        ancestors = {parent for table in self.live.tables for parent in table.parents}
        for key, columns in tables.items():
            if _extension_of(self.live, key) in self.there:
                continue
            table = self.live.table(*key)
            parents = [parent for parent in table.parents if parent in tables] if table is not None else []
            shape = Shape(*key, tuple((column.name, self._typed(column.type)) for column in columns))
            made = shape.create(sql.qualified(*key), {}, fileless=not parents and key not in ancestors)
            # A row of a child is one of its parent too, where a function takes that.
            made += f" INHERITS ({', '.join(sql.qualified(*parent) for parent in parents)})" if parents else ""
            yield key, made

    def callables(self) -> Iterator[str]:
        """Yield the statements for what is only called or named; what PostgreSQL refuses is missing later."""
        words = self.vocabulary
        for named in words.named:
            yield f"{named.create} {sql.qualified(named.schema, named.name)} {named.definition}"
        for signature in words.signatures:
            if signature.extension not in self.there:
                yield create_function(signature, self._typed)
        for at, operator in enumerate(words.operators):
            if operator.extension not in self.there:
                yield from create_operator(operator, at, self._typed)
        for at, cast in enumerate(words.casts):
            if cast.extension not in self.there:
                yield from create_cast(cast, sql.qualified(_CASTS, f"cast {at}"), self._typed)

    @cached_property
    def _opaque(self) -> frozenset[str]:
        """The types whose code is not here."""
        types = self.vocabulary.types
        return frozenset(one.printed for one in types if one.kind == "base" and one.extension not in self.there)

    def _typed(self, type_: str) -> str:
        """Return how a type is written here: a stand-in for one with code of its own takes no modifier."""
        base = _base(type_)
        if sql.expression_fault(type_) is not None or any(token.text == "," for token in sql.tokens(base)):
            return _NO_TYPE
        return _MODIFIER.sub(r"\1", type_) if base in self._opaque else type_
