"""How users share tenants, as values, and which ranks a member may hold there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from gatepost.analysis.compared_columns import ColumnKey, Limit
from gatepost.name_hints import word_list
from gatepost.schema import Column

TableKey = tuple[str, str]
NUMBERS = ("smallint", "integer", "bigint", "numeric")
_TEXTS = ("text", "character varying", "citext")
_LEAST = ("member", "guest", "none")
_DEFAULT = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Teams:
    """How users share tenants.

    `memberships` are the tables whose rows join a user to a tenant. `tenants` are the tables in which a teammate has no
    row of its own. `values` are the columns in which it holds the value of the other, because no row stands for the
    tenant. `ranks` are the columns of memberships that hold a rank, `personal` those of tables about users alone, and
    `limits` the numbers that those must lie above or below.
    """

    memberships: frozenset[TableKey] = frozenset()
    tenants: frozenset[TableKey] = frozenset()
    values: frozenset[ColumnKey] = frozenset()
    ranks: frozenset[ColumnKey] = frozenset()
    limits: Mapping[ColumnKey, frozenset[Limit]] = field(default_factory=dict)
    personal: frozenset[ColumnKey] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.tenants or self.values)


@dataclass(frozen=True)
class Ranks:
    """The ranks that one column of a membership can hold.

    `offered` are the values that an enum or a constraint lists, and `compared` those that policies compare it with.
    `limits` are the numbers that policies demand it to lie above or below: where it is below, a lower one is a higher
    rank.
    """

    column: Column
    offered: Sequence[str] = ()
    compared: Sequence[str] = ()
    limits: frozenset[Limit] = frozenset()

    @property
    def lowest(self) -> str | None:
        """The rank with which a member may do least."""
        if self.column.type == "boolean":
            return "false"
        if self._is_number:
            return self._lowest_number
        default = _DEFAULT.match(self.column.default or "")
        usual = [default[1]] if default else []
        known = list(dict.fromkeys([*usual, *self.offered, *self.compared]))
        low = [one for one in known if one.lower() in word_list("lowest_ranks")]
        free = [one for one in known if one not in self.compared]
        # A column that lists no values takes any, and one that no policy compares is the least.
        bound = self.offered or self.column.type not in _TEXTS
        any_word = [] if bound else [one for one in _LEAST if one not in self.compared]
        rest = [one for one in known if one.lower() not in word_list("highest_ranks")]
        return next(iter([*(one for one in low if one in free), *low, *free, *usual, *any_word, *rest[-1:]]), None)

    @property
    def highest(self) -> str | None:
        """The rank with which a member may do most, or None where none is known."""
        if self.column.type == "boolean":
            return "true"
        if self._is_number:
            numbers = self._ordered(self.offered or self.compared)
            return numbers[-1] if numbers else None
        known = {one.lower(): one for one in (*self.offered, *self.compared)}
        wanted = ("owner", "founder", "superadmin", "root", "admin", "administrator", "manager")
        added = sorted(word_list("highest_ranks") - set(wanted))
        named = next((known[word] for word in (*wanted, *added) if word in known), None)
        return named or next(
            (one for one in self.compared if one.lower() not in {*word_list("lowest_ranks"), *_LEAST}), None
        )

    @property
    def between(self) -> list[str]:
        """The ranks between the lowest and the highest."""
        ends = {self.lowest, self.highest}
        if self.column.type == "boolean" or None in ends or len(ends) < 2:
            return []
        if self._is_number:
            low, high = sorted(Decimal(one) for one in ends if one is not None)
            inside = self._ordered(self.offered or self.compared)[::-1]
            return [one for one in inside if low < Decimal(one) < high]
        return [one for one in dict.fromkeys([*self.compared, *self.offered]) if one not in ends]

    def may_rise(self, rank: str) -> bool:
        """Return whether a higher rank than this one lets do more. Of ranks that are words, each lets do something."""
        if not self._is_number:
            return True
        beside = {Decimal(limit) + step for _, limit in self.limits for step in (-1, 0, 1)}
        alone = [one for one in self._ordered(self.compared) if Decimal(one) not in beside]
        if any(self._ordered([rank, one])[-1] != rank for one in alone):
            return True
        value, sign = Decimal(rank), -1 if self._falling else 1
        return any(sign * (Decimal(limit) - value) > 0 or (Decimal(limit) == value and "=" not in op)
                   for op, limit in self.limits)  # fmt: skip

    @property
    def _falling(self) -> bool:
        return bool(self.limits) and all(op.startswith("<") for op, _ in self.limits)

    @property
    def _is_number(self) -> bool:
        return self.column.type in NUMBERS

    @property
    def _lowest_number(self) -> str:
        usual = [self.column.default] if _NUMBER.fullmatch(self.column.default or "") else []
        numbers = self._ordered(self.offered or usual or self.compared)
        return str(numbers[0]) if numbers else "0"

    def _ordered(self, numbers: Iterable[str | None]) -> list[str]:
        """Return those that are numbers, from the lowest rank to the highest."""
        known = [one for one in numbers if one is not None and _NUMBER.fullmatch(one)]
        return sorted(dict.fromkeys(known), key=Decimal, reverse=self._falling)
