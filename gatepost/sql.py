"""The only door from names and values to SQL text.

Every identifier is quoted, always: a list of words that need no quotes is a list that goes stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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


_TOKEN = re.compile(
    r"""
      (?P<literal> [eE]'(?:[^'\\]|\\.|'')*' | (?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'
                 | (?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?P=tag) )
    | (?P<quoted>  (?:[uU]&)?"(?:[^"]|"")*" )
    | (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<word>    [^\W\d][\w$]* )
    | (?P<space>   \s+ )
    | (?P<other>   . )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A piece of SQL text: `kind` is literal, quoted, comment, word, space or other."""

    kind: str
    text: str

    @property
    def name(self) -> str | None:
        """The identifier that this piece names, folded as PostgreSQL folds it, or None where it names none."""
        if self.kind == "word":
            return self.text.lower()
        if self.kind == "quoted" and self.text.startswith('"'):
            return self.text[1:-1].replace('""', '"')
        return None


def tokens(text: str) -> list[Token]:
    """Cut SQL text into pieces that join to the same text, so that a literal is never mistaken for code.

    Source: https://www.postgresql.org/docs/17/sql-syntax-lexical.html
    """
    return [Token(str(match.lastgroup), match[0]) for match in _TOKEN.finditer(text)]


def one_line(text: str) -> str:
    """Return SQL text with its line breaks outside literals folded to one space each."""
    return "".join(" " if token.kind == "space" and "\n" in token.text else token.text for token in tokens(text))


def with_schemas(text: str, renamed: Mapping[tuple[str, str], str]) -> str:
    """Return SQL text in which qualified tables stand in other schemas.

    Args:
        text: An expression, such as `public.tasks.user_id = …`.
        renamed: The new schema of each (schema, table); a name that is not in it stays as it is.
    """
    pieces = tokens(text)
    out = [piece.text for piece in pieces]
    for at in range(len(pieces) - 2):
        before = pieces[at - 1].text if at else ""
        schema, dot, table = pieces[at : at + 3]
        if dot.text == "." and before != "." and schema.name and table.name:
            new = renamed.get((schema.name, table.name))
            if new is not None:
                out[at] = identifier(new)
    return "".join(out)


def unqualified_columns(text: str, table: tuple[str, str]) -> str:
    """Return SQL text in which `schema.table.column` of one table is `table.column`.

    Args:
        text: An expression.
        table: The (schema, table) whose own columns lose the schema.
    """
    pieces = tokens(text)
    kept = []
    at = 0
    while at < len(pieces):
        ahead = pieces[at : at + 4]
        if [piece.name for piece in ahead[::2]] == list(table) and [piece.text for piece in ahead[1::2]] == [".", "."]:
            at += 2
        kept.append(pieces[at].text)
        at += 1
    return "".join(kept)
