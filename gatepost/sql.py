"""The only door from names and values to SQL text.

Every identifier is quoted, always: a list of words that need no quotes is a list that goes stale.
"""

from __future__ import annotations

from collections.abc import Iterable

from gatepost.errors import DeclarationError

MAX_IDENTIFIER_BYTES = 63
"""PostgreSQL cuts a longer name off without an error (NAMEDATALEN - 1,
https://www.postgresql.org/docs/17/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS)."""


def identifier(name: str) -> str:
    """Return `name` as a quoted SQL identifier.

    Raises:
        DeclarationError: the name is empty, holds a NUL character, or is one that PostgreSQL would cut off.
    """
    if not name or "\0" in name:
        raise DeclarationError(f"{name!r} cannot be a name in PostgreSQL: it is empty or holds a NUL character")
    if len(name.encode()) > MAX_IDENTIFIER_BYTES:
        raise DeclarationError(
            f'"{name}" is longer than the {MAX_IDENTIFIER_BYTES} bytes that PostgreSQL keeps of a name',
            "give a shorter one",
        )
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """Return `schema.name`, both quoted."""
    return f"{identifier(schema)}.{identifier(name)}"


def literal(value: str | int | bool | None) -> str:
    """Return a value as an SQL literal that reads the same whatever `standard_conforming_strings` says.

    Raises:
        DeclarationError: the text holds a NUL character, which PostgreSQL cannot store.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if "\0" in value:
        raise DeclarationError(f"{value!r} holds a NUL character, which PostgreSQL cannot store")
    quoted = value.replace("'", "''")
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in value else f"'{quoted}'"


def identifiers(names: Iterable[str]) -> str:
    """Return names as a comma-separated list of quoted identifiers, in the order given."""
    return ", ".join(identifier(name) for name in names)


def role(name: str) -> str:
    """Return a grantee: quoted, except `public`, which in SQL is a key word and not a role."""
    return "PUBLIC" if name == "public" else identifier(name)


def roles(names: Iterable[str]) -> str:
    """Return grantees as a comma-separated list, in the order given."""
    return ", ".join(role(name) for name in names)
