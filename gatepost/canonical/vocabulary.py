"""Read the types, functions, operators and casts that expressions can name, from a live catalog.

None of it contains code. A function is only its signature, and a type only its definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from gatepost import sql

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

Key = tuple[str, str]


@dataclass(frozen=True)
class MadeType:
    """A type that somebody made; `base` is what a domain or a range stands on.

    `printed` is how PostgreSQL prints it, `extension` what brought it.
    """

    schema: str
    name: str
    kind: Literal["base", "domain", "enum", "range", "composite"]
    printed: str
    extension: str | None = None
    labels: tuple[str, ...] = ()
    base: str | None = None
    multirange: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Argument:
    """An argument of a function; `mode` is as in `pg_proc.proargmodes`, `name` may be empty."""

    mode: str
    name: str
    type: str


@dataclass(frozen=True)
class Signature:
    """The signature of a function; the last `defaults` of its input arguments are optional."""

    schema: str
    name: str
    extension: str | None
    returns_set: bool
    returns: str
    defaults: int
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Operator:
    """An operator; one without `left` stands before its operand."""

    schema: str
    name: str
    extension: str | None
    left: str | None
    right: str
    result: str


@dataclass(frozen=True)
class Cast:
    """A cast; `context` is as in `pg_cast.castcontext`, `by_text` one that goes through the types' text."""

    source: str
    target: str
    context: str
    by_text: bool
    extension: str | None


@dataclass(frozen=True)
class Named:
    """Something that is only referred to by name, and the SQL in front of and behind the name that makes one."""

    schema: str
    name: str
    create: str
    definition: str


@dataclass(frozen=True)
class Vocabulary:
    """What the expressions of a database can name; `row_types` leads from how a row type is printed to its table."""

    words: frozenset[str]
    types: tuple[MadeType, ...] = ()
    row_types: tuple[tuple[str, Key], ...] = ()
    signatures: tuple[Signature, ...] = ()
    operators: tuple[Operator, ...] = ()
    casts: tuple[Cast, ...] = ()
    named: tuple[Named, ...] = ()


_KINDS: dict[str, Literal["base", "domain", "enum", "range", "composite"]] = {
    "b": "base",
    "d": "domain",
    "e": "enum",
    "r": "range",
    "c": "composite",
}
_WORD = re.compile(rf'"((?:[^"]|"")+)"|({sql.NAME_START}{sql.NAME_PART}*)')


def possible_names(texts: Iterable[str]) -> frozenset[str]:
    """Return everything in SQL texts that may be a name, inside literals too, as written and in lower case."""
    found = set()
    for text in texts:
        for quoted, bare in _WORD.findall(text):
            found |= {quoted.replace('""', '"'), *possible_names([quoted])} if quoted else {bare, bare.lower()}
    return frozenset(found)


def read_vocabulary(cursor: Cursor, texts: Iterable[str]) -> Vocabulary:
    """Read what some expressions can name, from the catalog alone.

    Args:
        cursor: Inside a transaction for reading, in which no schema but PostgreSQL's own is searched.
        texts: The expressions.
    """
    written = sorted(set(texts))
    words = possible_names(written)
    fetch = partial(_fetch, cursor, words=sorted(words), text="\n".join(written))
    return Vocabulary(
        words=words,
        types=tuple(_type(*row) for row in fetch("types")),
        row_types=tuple((printed, (schema, name)) for printed, schema, name in fetch("row_types")),
        signatures=tuple(_signature(*row) for row in fetch("signatures")),
        operators=tuple(Operator(*row) for row in fetch("operators")),
        casts=tuple(Cast(*row) for row in fetch("casts")),
        named=tuple(Named(*row) for row in fetch("named")),
    )


def _fetch(cursor: Cursor, query: str, **variables: object) -> list[tuple[Any, ...]]:
    text = (files(__package__) / "queries" / f"{query}.sql").read_text()
    cursor.execute(text, variables if "%(" in text else None)
    return cursor.fetchall()


def _type(
    schema: str,
    name: str,
    kind: str,
    printed: str,
    extension: str | None,
    labels: list[str],
    base: str | None,
    multirange: str | None,
    attributes: list[list[str]],
) -> MadeType:
    pairs = tuple((attribute[0], attribute[1]) for attribute in attributes)
    return MadeType(schema, name, _KINDS[kind], printed, extension, tuple(labels), base, multirange, pairs)


def _signature(
    schema: str,
    name: str,
    extension: str | None,
    returns_set: bool,
    returns: str,
    defaults: int,
    modes: list[str],
    names: list[str],
    types: list[str],
) -> Signature:
    arguments = tuple(
        Argument(mode, argument, type_)
        for mode, argument, type_ in zip(modes or ["i"] * len(types), names or [""] * len(types), types, strict=False)
    )
    return Signature(schema, name, extension, returns_set, returns, defaults, arguments)
