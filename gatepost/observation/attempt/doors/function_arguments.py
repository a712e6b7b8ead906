"""Choose the arguments with which a stranger would call a function: other people's ids first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

from gatepost import sql
from gatepost.name_hints import is_secret, name_parts, word_list
from gatepost.observation.attempt.personas import USERS, other_of
from gatepost.observation.plant import canaries
from gatepost.observation.plant.canaries import Canary
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.survey import USERS as ACCOUNTS
from gatepost.observation.plant.survey import TableKey
from gatepost.observation.plant.users import STRANGERS
from gatepost.schema import Table

_POLYMORPHIC = ("any", "record", "internal", "cstring", "void")
_MOST = 8
"""How many calls are tried in addition to the first ones."""
_MIXED = 6
"""How many calls mix a stranger's arguments with the persona's own."""
_KINDS = 3
"""How many rows of a set an argument names: on what else they hold the function may decide."""
_NUMBERS = ("integer", "bigint", "smallint", "numeric")
_STATEMENT = "SELECT * FROM auth.users"


@dataclass(frozen=True)
class Arguments:
    """Chooses arguments from the planted rows, for one persona's row set.

    `mentioned` are the names in the function's body and in what it calls. `dynamic` says that it builds SQL. `read`
    are the rows that the caller sees, by table: what stands there it needs not guess.
    """

    planted_rows: PlantedRows
    world: str
    mentioned: frozenset[str] = frozenset()
    dynamic: bool = False
    read: Callable[[TableKey], frozenset[int]] = lambda _: frozenset()

    def choices(self, types: Sequence[str], names: Sequence[str]) -> Iterator[str]:
        """Yield argument lists: a stranger's, the persona's own, words that match everything, then one by one.

        Nothing is yielded for a function with a type for which there is no value.
        """
        if any(type_name.strip('"').startswith(_POLYMORPHIC) for type_name in types):
            return
        names = [*names, *[""] * (len(types) - len(names))]
        pairs = list(zip(types, names, strict=True))
        seen: set[str] = set()
        for values in self._lists(pairs):
            listed = ", ".join(
                f"{sql.literal(value)}::{type_name}" for value, type_name in zip(values, types, strict=True)
            )
            if listed not in seen and len(seen) < _MOST + _MIXED + 3:
                seen.add(listed)
                yield listed

    def _lists(self, pairs: Sequence[tuple[str, str]]) -> Iterator[list[str | None]]:
        ways = [[self.value(type_name, name, way) for type_name, name in pairs] for way in range(3)]
        yield from ways
        yield from islice(_mixed(*ways[:2]), _MIXED)
        for way, usual in enumerate(ways[:2]):
            for at, (type_name, name) in enumerate(pairs):
                for value in self._others(self.planted_rows.survey.base_type(type_name), without_prefix(name), way):
                    yield [*usual[:at], value, *usual[at + 1 :]]

    def value(self, type_name: str, name: str, way: int) -> str | None:
        """Return one argument: a stranger's (0), the persona's own (1), or a word that matches everything (2)."""
        survey = self.planted_rows.survey
        base = survey.base_type(type_name)
        bare = without_prefix(name)
        if way == 2 and canaries.is_word(base):
            return "%"
        if base == "boolean":
            return "true" if way != 2 else "false"
        if base in survey.enums:
            return survey.enums[base][way % len(survey.enums[base])]
        if base in ("json", "jsonb"):
            return "{}"
        if base.startswith(("timestamp", "date")):
            return canaries.PAST if way != 1 else canaries.FUTURE
        if base in _NUMBERS and bare in word_list("amount_arguments"):
            return "100"
        if base in _NUMBERS and not self._names_a_row(bare):
            return str(1 + way)  # an amount: what is planted is so large that no sum of it fits
        for value in self._others(base, bare, way):
            return value
        return "1" if base in _NUMBERS else canaries.value(base, Canary(0, 0, 0))

    def _names_a_row(self, bare: str) -> bool:
        """Return whether a number is that of a row: a key's, a reference's, or one that says so."""
        survey = self.planted_rows.survey
        return bare.endswith(("id", "_by", "no", "number", "code", "pin", "key")) or any(
            (*table.key, column.name) in survey.keys or _is_key(table, column.name)
            for table, column in survey.columns_named.get(bare, ())
        )

    def pool(self, type_name: str, name: str) -> list[str]:
        """Return a few values of an argument, a stranger's and the persona's own in turn."""
        base, bare = self.planted_rows.survey.base_type(type_name), without_prefix(name)
        pairs = zip_longest(*(islice(self._others(base, bare, way), 3) for way in (0, 1)))
        found = dict.fromkeys(value for pair in pairs for value in pair if value is not None)
        return list(found)[:5] or [value for way in (0, 1) if (value := self.value(type_name, name, way)) is not None]

    def _others(self, base: str, bare: str, way: int) -> Iterator[str]:
        """Yield possible values of an argument: what it is named after, then keys of the tables that the body reads."""
        world = other_of(self.world) if way != 1 else self.world
        if name_parts(bare) & word_list("unguessable_arguments"):
            yield from self._read_by_the_caller(base, world)
            return
        if self.dynamic and canaries.is_word(base) and way == 0:
            yield _STATEMENT
            yield from self._columns()
            yield from (row.table.name for row in self._rows(world) if row.table.key in self.planted_rows.survey.owned)
        yield from islice(dict.fromkeys(self._planted(bare, base, world)), _KINDS)
        if base == "uuid":
            yield USERS.get(world, STRANGERS[0])
        for row in self._rows(world):
            for column in row.table.columns:
                value = row.values.get(column.name)
                fits = _alike(self.planted_rows.survey.base_type(column.type), base)
                if fits and value is not None and not _unknown(column.name) and _is_key(row.table, column.name):
                    yield value

    def _read_by_the_caller(self, base: str, world: str) -> Iterator[str]:
        """Yield the values of a type that stand in rows of a set that the caller can read."""
        for row in self._rows(world):
            if row.number not in self.read(row.table.key):
                continue
            for column in row.table.columns:
                value = row.values.get(column.name)
                fits = _alike(self.planted_rows.survey.base_type(column.type), base)
                if fits and value is not None and (_unknown(column.name) or _is_key(row.table, column.name)):
                    yield value

    def _columns(self) -> Iterator[str]:
        """Yield names of columns, because SQL that is built may take one."""
        for table in self.planted_rows.survey.tables:
            if table.name in self.mentioned:
                yield from (column.name for column in table.columns[:2])

    def _rows(self, world: str) -> Iterator[Row]:
        """Yield a row set's first row of each table that the body mentions."""
        for table in self.planted_rows.survey.tables:
            if table.name in self.mentioned or self.dynamic or (table.key == ACCOUNTS and "email" in self.mentioned):
                for row in self.planted_rows.of(table).values():
                    if row.world == world and row.base:
                        yield row
                        break

    def _planted(self, name: str, base: str, world: str) -> Iterator[str]:
        """Yield what the row set's rows hold in the column that an argument is named after, the first rows first."""
        survey = self.planted_rows.survey
        meant = survey.columns_named.get(name, ())
        for table, column in sorted(meant, key=lambda one: one[0].name not in self.mentioned):
            if not _alike(survey.base_type(column.type), base):
                continue
            of_set = [row for row in self.planted_rows.of(table).values() if row.world == world]
            for row in sorted(of_set, key=lambda one: (not one.base, _put_away(one))):
                if (value := row.values.get(column.name)) is not None:
                    yield value


def _alike(one: str, other: str) -> bool:
    """Return whether a value of one type can be an argument of another."""
    return canaries.family(one) == canaries.family(other) or (canaries.is_word(one) and canaries.is_word(other))


def _put_away(row: Row) -> bool:
    """Return whether a row is deleted, archived or the like, so that many a function leaves it alone."""
    hiding = word_list("hiding_columns")
    return any(value not in (None, "false") and name_parts(name) & hiding for name, value in row.values.items())


def _mixed(theirs: list[str | None], own: list[str | None]) -> Iterator[list[str | None]]:
    """Yield the persona's own arguments with one of a stranger's, and the other way round."""
    for at in range(len(own)):
        yield [*own[:at], theirs[at], *own[at + 1 :]]
        yield [*theirs[:at], own[at], *theirs[at + 1 :]]


def without_prefix(name: str) -> str:
    """Return the name of an argument without what only says that it is one."""
    for prefix in ("p_", "_", "arg_", "v_", "in_", "new_", "target_"):
        name = name.lower().removeprefix(prefix)
    return name.removesuffix("_in").removesuffix("_")


def _unknown(column: str) -> bool:
    return is_secret(column) or bool(name_parts(column) & word_list("unguessable_arguments"))


def _is_key(table: Table, column: str) -> bool:
    """Return whether rows are found by a column: it is in a unique index, or its name says so."""
    return column.endswith(("id", "_by", "name", "email", "slug")) or any(
        index.unique and column in index.columns for index in table.indexes
    )
