"""How users share tenants, as values, and which ranks a member may hold there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gatepost.analysis.compared_columns import ColumnKey
from gatepost.name_hints import word_list
from gatepost.schema import Column

TableKey = tuple[str, str]
_TEXTS = ("text", "character varying", "citext")
_LEAST = ("member", "guest", "none")
_DEFAULT = re.compile(r"'((?:[^']|'')*)'")


@dataclass(frozen=True)
class Teams:
    """How users share tenants.

    `memberships` are the tables whose rows join a user to a tenant. `tenants` are the tables in which a teammate has no
    row of its own. `values` are the columns in which it holds the value of the other, because no row stands for the
    tenant. `ranks` are the columns of memberships that hold a rank.
    """

    memberships: frozenset[TableKey] = frozenset()
    tenants: frozenset[TableKey] = frozenset()
    values: frozenset[ColumnKey] = frozenset()
    ranks: frozenset[ColumnKey] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.tenants or self.values)


def low_rank(column: Column, offered: Sequence[str], compared: Sequence[str]) -> str | None:
    """Return the value of a rank column with which a member may do least.

    Args:
        column: The column.
        offered: The values that an enum or a constraint lists.
        compared: The values that policies compare it with.
    """
    if column.type == "boolean":
        return "false"
    if column.type in ("smallint", "integer", "bigint", "numeric"):
        return "0"
    default = _DEFAULT.match(column.default or "")
    usual = [default[1]] if default else []
    known = list(dict.fromkeys([*usual, *offered, *compared]))
    low = [one for one in known if one.lower() in word_list("lowest_ranks")]
    free = [one for one in known if one not in compared]
    # A column that lists no values takes any, and one that no policy compares is the least.
    any_word = [] if offered or column.type not in _TEXTS else [one for one in _LEAST if one not in compared]
    rest = [one for one in known if one.lower() not in word_list("highest_ranks")]
    return next(iter([*(one for one in low if one in free), *low, *free, *usual, *any_word, *rest[-1:]]), None)


def high_rank(column: Column, offered: Sequence[str], compared: Sequence[str]) -> str | None:
    """Return the value of a rank column with which a member may do most, or None where none is known.

    Args:
        column: The column.
        offered: The values that an enum or a constraint lists.
        compared: The values that policies compare it with.
    """
    if column.type == "boolean":
        return "true"
    known = {one.lower(): one for one in (*offered, *compared)}
    wanted = ("owner", "founder", "superadmin", "root", "admin", "administrator", "manager")
    added = sorted(word_list("highest_ranks") - set(wanted))
    named = next((known[word] for word in (*wanted, *added) if word in known), None)
    return named or next((one for one in compared if one.lower() not in word_list("lowest_ranks")), None)


def middle_ranks(column: Column, offered: Sequence[str], compared: Sequence[str]) -> list[str]:
    """Return the values of a rank column between the lowest and the highest.

    Args:
        column: The column.
        offered: The values that an enum or a constraint lists.
        compared: The values that policies compare it with.
    """
    if column.type == "boolean":
        return []
    ends = {low_rank(column, offered, compared), high_rank(column, offered, compared)}
    between = [one for one in dict.fromkeys([*compared, *offered]) if one not in ends]
    return between if None not in ends and len(ends) == 2 else []
