"""Quote names and values for SQL text; nothing else in Gatepost does.

Every identifier is quoted, always: a list of words that need no quotes is a list that goes stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from gatepost.errors import DeclarationError

MAX_IDENTIFIER_BYTES = 63
"""PostgreSQL truncates a longer name without an error (NAMEDATALEN - 1,
https://www.postgresql.org/docs/17/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS)."""


def identifier(name: str) -> str:
    """Return `name` as a quoted SQL identifier.

    Raises:
        DeclarationError: the name is empty, holds a NUL character, or is one that PostgreSQL would cut off.
    """
    if not name or not _storable(name):
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
    if not _storable(value):
        raise DeclarationError(f"{value!r} holds a NUL character, which PostgreSQL cannot store")
    quoted = value.replace("'", "''")
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in value else f"'{quoted}'"


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def _storable(text: str) -> bool:
    """Return whether PostgreSQL can hold the text: no NUL, and no half of a surrogate pair, which has no UTF-8."""
    return _UNSTORABLE.search(text) is None


def comment(text: str) -> str:
    """Return text as an SQL comment of one line, which nothing in the text can end."""
    return "-- " + _LINE_BREAKS.sub(" ", text)


_LINE_BREAKS = re.compile(r"[\r\n]+")
"""What ends a `--` comment."""


def identifiers(names: Iterable[str]) -> str:
    """Return names as a comma-separated list of quoted identifiers, in the order given."""
    return ", ".join(identifier(name) for name in names)


def role(name: str) -> str:
    """Return a grantee: quoted, except `public`, which in SQL is a key word and not a role."""
    return "PUBLIC" if name == "public" else identifier(name)


def roles(names: Iterable[str]) -> str:
    """Return grantees as a comma-separated list, in the order given."""
    return ", ".join(role(name) for name in names)


NAME_START = r"[^\x00-@\[-\^`{-\x7f]"
"""A letter, an underscore, or any character beyond ASCII, white space of Unicode too (`ident_start` in scan.l).

It names what is excluded, because Python compiles a class up to U+10FFFF a thousand times as slowly.
"""
TAG_PART = r"[^\x00-/:-@\[-\^`{-\x7f]"
"""The same, or a digit."""
NAME_PART = r"[^\x00-#%-/:-@\[-\^`{-\x7f]"
"""The same, or a digit or a dollar sign (`ident_cont`)."""
_TOKEN = re.compile(
    rf"""
      (?P<literal> [eE]'(?:[^'\\]|\\.|'')*' | (?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'
                 | (?P<tag>\$(?:{NAME_START}{TAG_PART}*)?\$).*?(?P=tag) )
    | (?P<quoted>  (?:[uU]&)?"(?:[^"]|"")*" )
    | (?P<comment> --[^\n\r]* | /\* )
    | (?P<word>    {NAME_START}{NAME_PART}* )
    | (?P<space>   [ \t\n\r\f\v]+ )
    | (?P<other>   . )
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of SQL text: `kind` is literal, quoted, comment, word, space or other.

    It is a tuple, because those are made fastest, and one policy has dozens of pieces.
    """

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
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # noqa: S101  the last alternative is any character
        end = _comment_end(text, at) if match[0].startswith("/*") else match.end()
        found.append(Token(str(match.lastgroup), text[at:end]))
        at = end
    return found


def _comment_end(text: str, start: int) -> int:
    """Return where the comment that starts here ends: PostgreSQL's comments nest."""
    depth = 0
    for mark in re.compile(r"/\*|\*/").finditer(text, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(text)


def one_line(text: str) -> str:
    """Return SQL text with its line breaks folded to one space each, where they mean no more than a space.

    They mean more in a literal, between two literals (which are one then), and at the end of a `--` comment.
    """
    if "\n" not in text:
        return text
    pieces: list[str] = []
    before = ""
    for token in tokens(text):
        means_more = before == "literal" or (before == "comment" and pieces[-1].startswith("--"))
        folds = token.kind == "space" and "\n" in token.text and not means_more
        pieces.append(" " if folds else token.text)
        before = token.kind
    return "".join(pieces)


def whole_expression(text: str) -> str:
    """Return SQL text that an author wrote, so that nothing that is put behind it becomes part of it.

    Raises:
        DeclarationError: a quote, a comment or a bracket is left open, or it is more than one statement.
    """
    fault = expression_fault(text)
    if fault is not None:
        raise DeclarationError(f'text("{text}") {fault[0]}', fault[1])
    pieces = tokens(text)
    return f"{text}\n" if pieces and pieces[-1].text.startswith("--") else text


@lru_cache(maxsize=10_000)
def expression_fault(text: str) -> tuple[str, str] | None:
    """Return why SQL text is more or less than one expression, and what to write, or None where it is one.

    It is as strict as PostgreSQL's lexer with `standard_conforming_strings` on, or stricter, so that text of a foreign
    database cannot end the statement that it is put into
    (https://www.postgresql.org/docs/17/sql-syntax-lexical.html, src/backend/parser/scan.l).
    """
    open_brackets: list[str] = []
    escapes = False
    for token in tokens(text):
        if token.kind in ("space", "comment"):
            if token.text.startswith("/*") and _open_comment(token.text):
                return "leaves a comment open", "close it with */"
            continue
        if escapes and token.text.startswith("'"):
            # PostgreSQL reads the second literal as part of the first, with the first one's escapes.
            return "continues a literal with escapes on another line", "write it as one literal"
        escapes = token.kind == "literal" and token.text[0] in "eE"
        if token.kind != "other":
            continue
        if token.text in _BRACKETS:
            open_brackets.append(_BRACKETS[token.text])
        elif token.text in _BRACKETS.values() and (not open_brackets or open_brackets.pop() != token.text):
            return "closes a bracket it did not open", "write one whole expression"
        elif token.text in ("'", '"', ";"):
            return f"holds a {token.text} that makes it more or less than one expression", "write one whole expression"
    if open_brackets:
        return "leaves a bracket open", f"close it with {open_brackets[-1]}"
    return None if _storable(text) else ("holds a character that PostgreSQL cannot store", "leave it out")


_BRACKETS = {"(": ")", "[": "]"}


def _open_comment(text: str) -> bool:
    marks = re.findall(r"/\*|\*/", text)
    return marks.count("/*") != marks.count("*/")


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
