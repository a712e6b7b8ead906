"""Guess from the names of tables and columns what their rows are, with the word lists of `name_hints.toml`.

A name proves nothing, so it only decides how severe a finding is, and whether a doubtful case is reported. A project
adds words under `[tool.gatepost.name_hints]`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from gatepost.errors import SettingsError

if TYPE_CHECKING:
    from gatepost.schema import Table

Audience = Literal["private", "public", "unknown"]
Words = Mapping[str, frozenset[str]]

_EXAMPLE = '[tool.gatepost.name_hints]\n  private_tables = ["dossier"]'
_added: ContextVar[Words] = ContextVar("added words", default={})  # noqa: B039  never changed, only replaced


def word_list(name: str) -> frozenset[str]:
    """Return the words of a list in `name_hints.toml`, with those that the project adds.

    Args:
        name: The list.
    """
    added = _added.get()
    return _lists()[name] | added[name] if name in added else _lists()[name]


@cache
def _lists() -> Words:
    import tomllib  # most processes that import this module ask for no word

    text = (files("gatepost") / "name_hints.toml").read_text(encoding="utf-8")
    return {name: frozenset(words.split()) for name, words in tomllib.loads(text).items()}


@contextmanager
def added_words(words: Words | None) -> Iterator[None]:
    """Use a project's words in addition to the built-in ones, inside the block.

    Args:
        words: From `read_words`. None for those of the block around, if any.
    """
    token = _added.set(_added.get() if words is None else words)
    try:
        yield
    finally:
        _added.reset(token)


def read_words(table: object) -> Words:
    """Return the words that a project adds, by list.

    Args:
        table: The content of `[tool.gatepost.name_hints]`.

    Raises:
        SettingsError: it is not a table of lists of words, or names a list that does not exist.
    """
    if not isinstance(table, dict):
        raise SettingsError('"name_hints" in [tool.gatepost] is not a table', _EXAMPLE)
    for name, words in table.items():
        if name not in _lists():
            import difflib

            near = difflib.get_close_matches(name, _lists(), 1)
            hint = f'Did you mean "{near[0]}"?' if near else f"one of {', '.join(sorted(_lists()))}"
            raise SettingsError(f'unknown list "{name}" in [tool.gatepost.name_hints]', hint)
        if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
            raise SettingsError(f'"{name}" in [tool.gatepost.name_hints] is not a list of words', f'{name} = ["…"]')
    return {name: frozenset(word.strip().lower() for word in words) for name, words in table.items()}


@lru_cache(maxsize=4096)  # a report of refused rows has the same few names a million times
def name_parts(name: str) -> frozenset[str]:
    """Return the words of a name, also in a simple singular form."""
    parts = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    return frozenset(word for part in parts for word in (part, part.removesuffix("s"), re.sub("ies$", "y", part)))


def contains_any(text: str, name: str) -> bool:
    """Return whether a text contains a word of a list anywhere, in any case.

    Args:
        text: The text.
        name: The list.
    """
    return any(word in text.lower() for word in word_list(name))


def marks_public(column: str, values: Collection[object] = ()) -> bool:
    """Return whether a condition on a column says that a row is public.

    Args:
        column: The column.
        values: The values that it is compared with.
    """
    parts = name_parts(column)
    if parts & word_list("visibility_columns"):
        return True
    public = word_list("public_states")
    return bool(parts & word_list("state_columns")) and any(name_parts(str(value)) & public for value in values)


def says_for_whom(values: Collection[object]) -> bool:
    """Return whether one of some values says that a row is public or, if the condition is negated, that it is not."""
    public = word_list("public_states")
    return any(name_parts(str(value)) & public or is_hidden_state(value) for value in values)


def is_hidden_state(value: object) -> bool:
    """Return whether a column's value says that a row is not public yet."""
    return isinstance(value, str) and value.lower() in word_list("hidden_states")


def is_secret(column: str, to_everybody: bool = False) -> bool:
    """Return whether a column's name says that nobody but the owner should read it.

    Args:
        column: The column.
        to_everybody: Whether people without an account see it too. An e-mail address is a secret then.
    """
    parts = name_parts(column)
    if to_everybody and "email" in parts:
        return True
    if _secret_pieces(word_list("secret_column_pieces")).search(column):
        return True
    return bool(parts & word_list("secret_columns")) and not parts & word_list("harmless_columns")


def is_public_side(shown: Collection[str], all_columns: Collection[str]) -> bool:
    """Return whether some columns of a person's row are those for everybody: all that is theirs alone is left out.

    Args:
        shown: The columns that somebody shows.
        all_columns: The columns of the table.
    """
    theirs = {one for one in all_columns if is_secret(one, True) or name_parts(one) & word_list("personal_columns")}
    return bool(theirs) and not theirs & set(shown)


@cache
def _secret_pieces(pieces: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(piece).replace("_", "_?") for piece in sorted(pieces)), re.IGNORECASE)


def says_author(column: str) -> bool:
    """Return whether a column's name says that it holds who wrote a row."""
    return bool(name_parts(column) & word_list("author_columns"))


def gives_power(column: str, of_oneself: bool) -> bool:
    """Return whether a column's name says that who sets it gains power, money or trust.

    Args:
        column: The column.
        of_oneself: Whether its row is a person's own account, profile, membership or wallet.
    """
    if column.lower() in word_list("power_columns"):
        return True
    if not of_oneself:
        return False
    parts = name_parts(column)
    return bool(parts & word_list("own_power_columns")) and not parts & word_list("own_choice_columns")


def is_account(table: str) -> bool:
    """Return whether a table's name says that a row is one user, or what one user may do."""
    return bool(name_parts(table.split("_")[-1]) & word_list("account_tables"))


def is_tenant(table: str) -> bool:
    """Return whether a table's name says that a row is an organisation, a team or another customer with members."""
    return bool(name_parts(table.split("_")[-1]) & word_list("tenant_tables"))


def is_paid_for(column: str) -> bool:
    """Return whether a column's name says what somebody has paid for, or how much they may use."""
    parts = name_parts(column)
    return bool(parts & word_list("paid_columns")) and not parts & word_list("own_choice_columns")


def about_people(table: Table) -> bool:
    """Return whether a table's name says that its rows are personal data, no matter who owns them."""
    parts = name_parts(table.name)
    return bool(parts & word_list("personal_tables")) and not parts & word_list("public_tables")


def signed_up(table: Table, columns: Collection[str]) -> bool:
    """Return whether rows are people without an account who left an address, which only the project should read."""
    contact = word_list("contact_columns")
    return bool(name_parts(table.name) & word_list("sign_up_tables")) and any(
        name_parts(name) & contact for name in columns
    )


def likely_audience(table: Table) -> Audience:
    """Return for whom a table's rows seem to be intended, by its names."""
    private, public = word_list("private_tables"), word_list("public_tables")
    parts = name_parts(table.name)
    columns = {column.name for column in table.columns}
    if columns & word_list("visibility_flags") and not (
        is_account(table.name) and columns & word_list("public_columns")
    ):
        return "private"
    head = name_parts(table.name.split("_")[-1])  # "messages" in `thread_messages`
    if len(parts) > len(head) and head & private and not head & public:
        return "private"
    if parts & public or columns & word_list("public_columns"):
        return "public"
    return "private" if parts & private else "unknown"


def may_open(column: str) -> bool:
    """Return whether a column's name says that its value can open a row to everyone."""
    return bool(name_parts(column) & (word_list("open_columns") | word_list("open_state_columns")))


def says_open(column: str, value: object) -> bool:
    """Return whether a column with a value says that its row is open to everyone."""
    parts = name_parts(column)
    return bool(parts & word_list("open_columns") and value in word_list("open_values")) or bool(
        parts & word_list("open_state_columns") and value in word_list("open_states")
    )
