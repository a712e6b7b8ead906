"""The two sides surveyed as one database: what either of them has, compares or requires."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from gatepost import sql
from gatepost.analysis.compared_columns import ColumnKey
from gatepost.analysis.compared_values import Clues, unquoted
from gatepost.analysis.functions.calls import Calls
from gatepost.observation.plant.canaries import family, is_word
from gatepost.observation.plant.references import parents_first
from gatepost.observation.plant.survey import Survey, TableKey
from gatepost.schema import Column, Schema, Table, is_platform

_NUMERIC = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_INTEGER = re.compile(r"-?\d{1,9}")
_DECIMAL = re.compile(r"-?\d{1,9}\.\d{1,6}")
_FOLDS = re.compile(r"\b(?:lower|upper|initcap)\b|~~\*|~\*|\bilike\b", re.IGNORECASE)
_KEY = re.compile(r"\b(\w+)\)?\s*->>?\s*'([^']+)'")
_COMPUTES = re.compile(r"[%*/+]|\b(?:abs|mod|floor|round|greatest|least)\(")
_NUMBER = re.compile(r"(?<![\w.'])(\d{1,6})(?![\w.'])")
_MOST = 8
"""The most values of one column that are compared."""
K = TypeVar("K")
V = TypeVar("V")


def joint_survey(base: Survey, head: Survey, hints: Mapping[ColumnKey, tuple[str, ...]] | None = None) -> Survey:
    """Return one survey of both sides.

    Args:
        base: The base, surveyed in the words of the head.
        head: The head.
        hints: Further values by column on which the sides may differ.
    """
    tables = _tables(base, head)
    keys = {**base.keys, **head.keys}
    there = {table.key for table in tables}
    keys = {child: parent for child, parent in keys.items() if child[:2] in there and parent[:2] in there}
    live = _live(base.live, head.live, tables)
    found = replace(
        head,
        live=live,
        tables=tuple(parents_first(tables, keys)),
        identities=base.identities | head.identities,
        keys=keys,
        enums=_united(base.enums, head.enums),
        domains={**base.domains, **head.domains},
        numbers={table.key: number for number, table in enumerate(tables, 1)},
        calls=_calls(base.calls, head.calls),
        owned=base.owned | head.owned,
        statuses=base.statuses | head.statuses,
    )
    return replace(found, clues=_clues(base.clues, head.clues, found, hints or {}))


def _tables(base: Survey, head: Survey) -> list[Table]:
    old = {table.key: table for table in base.tables}
    found = [_joint(old.get(table.key), table) for table in head.tables]
    return found + [table for key, table in old.items() if key not in {t.key for t in found}]


def _joint(old: Table | None, new: Table) -> Table:
    """Return a table with the columns of both sides, as strict as the stricter."""
    if old is None:
        return new
    columns = [_column(old.column(column.name), column) for column in new.columns]
    columns += [column for column in old.columns if new.column(column.name) is None]
    return replace(
        new,
        columns=tuple(columns),
        policies=(*old.policies, *new.policies),
        constraints=_each_once(old.constraints, new.constraints),
        indexes=_each_once(old.indexes, new.indexes),
    )


def _column(old: Column | None, new: Column) -> Column:
    if old is None:
        return new
    return replace(new, not_null=old.not_null or new.not_null, generated=old.generated or new.generated)


def _each_once(old: Iterable[V], new: Iterable[V]) -> tuple[V, ...]:
    return tuple(dict.fromkeys((*new, *old)))


def _live(base: Schema, head: Schema, tables: Iterable[Table]) -> Schema:
    by_key = {table.key: table for table in (*base.tables, *head.tables, *tables)}
    for old in base.tables:
        if is_platform(old.schema) and (new := head.table(*old.key)) is not None and old.policies != new.policies:
            by_key[old.key] = replace(by_key[old.key], policies=_each_once(old.policies, new.policies))
    views = {view.key: view for view in (*base.views, *head.views)}
    functions = {one.key: one for one in (*base.functions, *head.functions)}
    return replace(
        head,
        tables=tuple(by_key.values()),
        views=tuple(views.values()),
        functions=tuple(functions.values()),
        triggers=_each_once(base.triggers, head.triggers),
    )


def _calls(base: Calls, head: Calls) -> Calls:
    names = {*base.bodies, *head.bodies}
    empty = frozenset[str]()
    return Calls({name: base.bodies.get(name, empty) | head.bodies.get(name, empty) for name in names})


def _united(one: Mapping[K, tuple[str, ...]], other: Mapping[K, tuple[str, ...]]) -> dict[K, tuple[str, ...]]:
    return {key: _each_once(one.get(key, ()), other.get(key, ())) for key in {**one, **other}}


def _clues(base: Clues, head: Clues, survey: Survey, hints: Mapping[ColumnKey, tuple[str, ...]]) -> Clues:
    literals = _united(_united(base.literals, head.literals), hints)
    literals = {**literals, **_documents(survey)}
    literals = _united(literals, _measured(survey))
    folds = any(_FOLDS.search(text) for text in texts_of(survey.live))
    return Clues(
        identities=base.identities | head.identities,
        claims={**base.claims, **head.claims},
        flags={**base.flags, **head.flags},
        literals={key: tuple(_around(survey, key, values, folds)) for key, values in literals.items()},
        read=base.read | head.read,
        requests={**base.requests, **head.requests},
        metadata=_each_once(base.metadata, head.metadata),
        links=_each_once(base.links, head.links),
        lists=base.lists | head.lists,
    )


def _documents(survey: Survey) -> dict[ColumnKey, tuple[str, ...]]:
    """Return JSON documents with the keys that conditions look into, and the values that they compare."""
    found: dict[ColumnKey, dict[str, None]] = {}
    for table in survey.tables:
        found.update(_lists(table))
        names = {c.name for c in table.columns if c.type in ("json", "jsonb")}
        texts = [text for policy in table.policies for text in (policy.using, policy.check) if text]
        for text in texts if names else ():
            keys = [(column, key) for column, key in _KEY.findall(text) if column in names]
            taken = {key for _, key in keys}
            values = [v for v in dict.fromkeys(_literals(text)) if v not in taken and not v.startswith("{")][:4]
            for column, key in keys:
                documents = found.setdefault((*table.key, column), {})
                for value in (*values, "true", "false", "cnry"):
                    shown = value == "true" if value in ("true", "false") else value
                    documents[json.dumps({key: shown})] = None
                documents["{}"] = None
    return {key: tuple(documents)[:_MOST] for key, documents in found.items()}


def _measured(survey: Survey) -> dict[ColumnKey, tuple[str, ...]]:
    """Return numbers and texts around what conditions compare a computed value with: a remainder, a length."""
    found: dict[ColumnKey, tuple[str, ...]] = {}
    for table in survey.tables:
        texts = [text for policy in table.policies for text in (policy.using, policy.check) if text]
        for column in table.columns:
            kind = survey.base_type(column.type)
            near = [text for text in texts if re.search(rf"\b{re.escape(column.name)}\b", text)]
            if family(kind) in _NUMERIC and any(_COMPUTES.search(text) for text in near):
                found[(*table.key, column.name)] = tuple(dict.fromkeys(n for t in near for n in _NUMBER.findall(t)))
            elif is_word(kind):
                size = re.compile(rf"\blength\(\(?{re.escape(column.name)}\b[^<>=]*[<>=]+\s*(\d{{1,4}})\b")
                sizes = {int(n) + more for text in near for n in size.findall(text) for more in (-1, 1)}
                if sizes:
                    found[(*table.key, column.name)] = tuple("cnry".ljust(one, "x")[:one] for one in sorted(sizes))
    return {key: values for key, values in found.items() if values}


def _lists(table: Table) -> Iterator[tuple[ColumnKey, dict[str, None]]]:
    """Yield arrays of the words that conditions on a table compare, for its columns that hold arrays of words."""
    texts = [text for policy in table.policies for text in (policy.using, policy.check) if text]
    for column in table.columns:
        if column.type.endswith("[]") and is_word(column.type.removesuffix("[]")):
            words = dict.fromkeys(word for text in texts if column.name in text for word in _literals(text))
            plain = [word for word in words if word and not word.startswith("{")][:4]
            if plain:
                yield (
                    (*table.key, column.name),
                    dict.fromkeys([*(json.dumps([w])[1:-1].join("{}") for w in plain), "{}"]),
                )


def _around(survey: Survey, key: ColumnKey, values: Iterable[str], folds: bool) -> list[str]:
    """Return the values that a column is compared with, and their neighbours, on which a condition may turn."""
    table = survey.live.table(*key[:2])
    column = table.column(key[2]) if table is not None else None
    base = survey.base_type(column.type) if column is not None else ""
    found = dict.fromkeys(values)
    for value in list(found):
        if family(base) in _NUMERIC and _INTEGER.fullmatch(value):
            found |= dict.fromkeys((str(int(value) - 1), str(int(value) + 1)))
        elif family(base) in _NUMERIC and _DECIMAL.fullmatch(value):
            found |= dict.fromkeys((str(Decimal(value) - 1), str(Decimal(value) + 1)))
        elif is_word(base) and "%" in value:
            del found[value]
            found |= dict.fromkeys((value.replace("%", "cnry"), value.replace("%", "cnry") + ".cnry"))
        elif is_word(base) and folds and value.swapcase() != value:
            found[value.swapcase()] = None
    return list(found)[:_MOST]


def texts_of(live: Schema) -> Iterator[str]:
    """Yield the conditions of a database, and the project's views and bodies."""
    for table in live.tables:
        yield from (text for policy in table.policies for text in (policy.using, policy.check) if text)
    yield from (view.definition for view in live.views if not is_platform(view.schema))
    yield from (function.body for function in live.functions if not is_platform(function.schema))


def literals_of(live: Schema, table: TableKey | None = None) -> frozenset[str]:
    """Return every literal in the conditions, views and bodies of a database, or in the conditions of one table."""
    found = live.table(*table) if table is not None else None
    own = (text for policy in found.policies for text in (policy.using, policy.check) if text) if found else ()
    texts = own if table is not None else texts_of(live)
    return frozenset(literal for text in texts for literal in _literals(text))


def _literals(text: str) -> list[str]:
    return [unquoted(token.text) for token in sql.tokens(text) if token.kind == "literal" and "'" in token.text]
