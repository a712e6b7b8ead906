"""Decide which rows to plant: a set for each persona, in which every key refers to rows of the same set.

A world holds one row of each table, and one for each value on which a policy's answer turns. No database is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gatepost.analysis.compared_columns import ColumnKey
from gatepost.observation.plant import canaries
from gatepost.observation.plant.canaries import FUTURE, PAST, Canary
from gatepost.observation.plant.fitting.candidate_values import Fix, filled, shown_first, small_numbers
from gatepost.observation.plant.fitting.combinations import KEPT, Values, combinations, free, overlay, values_in_checks
from gatepost.observation.plant.fitting.look_alikes import accounts
from gatepost.observation.plant.fitting.member_states import in_force
from gatepost.observation.plant.references import must_refer, refers_to_own_table, second_columns
from gatepost.observation.plant.row import Row, distinct, one_for_each
from gatepost.observation.plant.storage_rows import bucket, buckets, file
from gatepost.observation.plant.survey import FILES, USERS, Survey, TableKey
from gatepost.observation.plant.teams import Ranks
from gatepost.observation.plant.users import ANN, BOB, FORMER, NEW_USER, RANKED, STRANGERS, TEAMMATE
from gatepost.personas import NOBODY
from gatepost.schema import Column, Table

_KINDS = 4
"""How many kinds of rows a persona tries to give itself."""
_SECOND = 100
"""What is added to a row's number for the one that a second reference of the same child needs."""
FRESH = 200
"""The first number of the rows that personas insert. Planted rows have lower numbers."""


@dataclass
class RowSets:
    """Makes the rows.

    `users` is each set's user id. `fixes` are values that a constraint required, `cast_to` the types whose form texts
    must have because a policy casts them, by column. `existing` are the rows that lookup tables hold already.
    """

    survey: Survey
    users: Mapping[str, str]
    fixes: dict[ColumnKey, Fix] = field(default_factory=dict)
    cast_to: Mapping[ColumnKey, str] = field(default_factory=dict)
    existing: dict[TableKey, list[Values]] = field(default_factory=dict)
    _parents: dict[tuple[ColumnKey, str], str | None] = field(default_factory=dict)
    _for_few: dict[TableKey, bool] = field(default_factory=dict)
    _lists: dict[tuple[str, str], dict[str, tuple[str, ...]]] = field(default_factory=dict)

    @cached_property
    def _seconds(self) -> frozenset[ColumnKey]:
        return second_columns(self.survey.tables, self.survey.keys)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The row sets, the one of nobody last."""
        return (*self.users, NOBODY)

    def rows(self, table: Table) -> list[Row]:
        """Return the rows to plant in a table, starting with those that others refer to."""
        edges = self.edges(table)
        kinds = combinations(edges)
        alone = one_for_each(self.survey, table)
        found: list[Row] = []
        ranked = table.key in self.survey.statuses
        parent = any(target[:2] == table.key for target in self.survey.keys.values())
        for place, world in enumerate(self.names):
            few = RANKED if not edges else (*RANKED, BOB, NOBODY)
            if self._has_none(table, world, few if ranked else None, parent=parent):
                continue
            values = self.make(table, world, place)
            at = 0 if self._is_member(table, world) else -1 if ranked and world not in RANKED else place % len(kinds)
            values |= overlay(edges, kinds[at]) | self.in_force(table, world) | self.rank(table, world)
            found.append(Row(table, place, world, values, base=True))
            if any(self.survey.keys[key][:2] == table.key for key in self._seconds):
                found.append(Row(table, place + _SECOND, world, self.make(table, world, place + _SECOND)))
        number = len(self.names)
        for place, world in enumerate(self.names):
            if world != NOBODY and (place > 1 or alone or (ranked and world not in RANKED)):
                continue
            for at, combination in enumerate(kinds):
                if at == place % len(kinds):
                    continue
                user = STRANGERS[1 + at % (len(STRANGERS) - 1)] if alone else None
                values = self.make(table, world, number, user=user) | overlay(edges, combination)
                found.append(Row(table, number, world, values))
                number += 1
        if table.key == USERS:
            strangers = (*STRANGERS[1:], *(FORMER if self.survey.read_elsewhere else ()), NEW_USER)
            for at, (stranger, said) in enumerate(accounts(strangers, self.survey.clues.addresses), number):
                found.append(Row(table, at, NOBODY, self.make(table, NOBODY, at, user=stranger) | said))
        return distinct(table, found)

    def _has_none(self, table: Table, world: str, few: Collection[str] | None, *, parent: bool) -> bool:
        """Return whether a row set has no row in a table: a teammate no tenant, and most users no rank."""
        if world == TEAMMATE and table.key in self.survey.teams.tenants:
            return True
        if few is None or world in few or self._is_member(table, world):
            return False
        return not parent or self._reserved(table.key)

    def _is_member(self, table: Table, world: str) -> bool:
        return world == TEAMMATE and table.key in self.survey.teams.memberships

    def in_force(self, table: Table, world: str) -> Values:
        """Return what says that a membership of ann or her teammate, or an account with a rank, is in force."""
        joined = world in (ANN, TEAMMATE) and table.key in self.survey.teams.memberships
        joined = joined or (world in RANKED and table.key in self.survey.statuses)
        held = in_force(self.survey, table, self.demanded(table)) if joined else {}
        return {name: value for name, value in held.items() if (*table.key, name) not in self.fixes}

    def rank(self, table: Table, world: str) -> Values:
        """Return the rank that a row holds: in a membership ann's is the highest, else a plain user's the lowest."""
        plain = table.key in self.survey.statuses and world not in RANKED
        if not plain and (world not in (ANN, TEAMMATE) or TEAMMATE not in self.users):
            return {}
        ranks = self.ranks(table, self.survey.teams.personal if plain else self.survey.teams.ranks)
        held = {one.column.name: one.highest if world == ANN else one.lowest for one in ranks}
        return {name: value for name, value in held.items() if value is not None}

    def ranks(self, table: Table, among: Collection[ColumnKey] | None = None) -> Iterator[Ranks]:
        """Yield the columns that hold a rank, each with the ranks that it can hold."""
        teams, literals = self.survey.teams, self.survey.clues.literals
        for column in table.columns:
            key = (*table.key, column.name)
            if key in (teams.ranks if among is None else among):
                labels = self.survey.enums.get(self.survey.base_type(column.type), ())
                offered = (*self.demanded(table).get(column.name, ()), *labels)
                yield Ranks(column, offered, literals.get(key, ()), teams.limits.get(key, frozenset()))

    def kinds(self, table: Table) -> list[Values]:
        """Return what distinguishes the kinds of rows that may decide a policy's result, the first ones only."""
        edges = self.edges(table)
        return [overlay(edges, combination) for combination in combinations(edges)[:_KINDS]]

    def make(
        self, table: Table, world: str, number: int, *, user: str | None = None, parents: str | None = None
    ) -> Values:
        """Return the values of one row.

        Args:
            table: The table.
            world: To whom it belongs.
            number: What makes its values unique in the table.
            user: The user that its identity columns name, instead of the world's own.
            parents: The world whose rows its other foreign keys refer to, instead of its own.
        """
        values: Values = {}
        for place, column in enumerate(table.columns):
            if column.generated:
                continue
            key = (*table.key, column.name)
            if key in self.survey.identities:
                named = user or (
                    filled(self.fixes[key], Canary(0, 0, 0), 0)
                    if key in self.fixes
                    else self.users.get(world, STRANGERS[0] if column.not_null else None)
                )
                if world not in RANKED and self._reserved(self.survey.keys.get(key, key)[:2]):
                    named = None
                values[column.name] = f"{{{named}}}" if named and column.type.endswith("[]") else named
            elif key in self.survey.keys:
                fixed = key in self.fixes and self.fixes[key] is None
                values[column.name] = None if fixed else self.parent(key, parents or world)
            else:
                values[column.name] = self._own_value(table, column, place, parents or world, number)
        if table.key == FILES[0]:
            return values | bucket(self._buckets[0], number)
        if table.key == FILES[1]:
            mark = canaries.value("text", Canary(self.survey.numbers[table.key], number, 2))
            owner = self.users.get(user or world, user or STRANGERS[0])
            as_id = self.cast_to.get((*FILES[1], "name")) == "uuid"
            return values | file(self._buckets[0], owner, str(number) if as_id else f"{mark}", as_id=as_id)
        return values

    def _own_value(self, table: Table, column: Column, place: int, world: str, number: int) -> str | None:
        """Return what a column holds that refers to nothing. What names a tenant is the same in all rows of a set."""
        key = (*table.key, column.name)
        if key in self.survey.teams.values and TEAMMATE in self.users:
            number = self.names.index(ANN if world == TEAMMATE else world)
        elif key in self.survey.clues.claims:
            number = self.names.index(world)
        return self.plain(table, column, place, number)

    def _reserved(self, table: TableKey) -> bool:
        """Return whether a table is for a few users: a row there is all that counts, and no row has to refer to it."""
        if table not in self._for_few:
            found = self.survey.live.table(*table)
            children = [child for child, parent in self.survey.keys.items() if parent[:2] == table]
            self._for_few[table] = (
                found is not None
                and table in self.survey.statuses
                and bool(children)
                and not self.edges(found)
                and not any(must_refer(self.survey.live, child) for child in children)
            )
        return self._for_few[table]

    def parent(self, key: ColumnKey, world: str) -> str | None:
        """Return what a column holds to refer to the first row of a set."""
        if world == TEAMMATE and self.survey.keys.get(key, key)[:2] in self.survey.teams.tenants:
            world = ANN
        if (key, world) not in self._parents:
            self._parents[key, world] = None  # a circular reference ends here
            target = self.survey.keys.get(key)
            table = self.survey.live.table(*(target or key)[:2])
            assert table is not None  # noqa: S101  keys refer to tables of the survey
            name = (target or key)[2]
            held = self.existing.get(table.key)
            place = self.names.index(world) + (_SECOND if key in self._seconds else 0)
            self._parents[key, world] = (held[place % len(held)] if held else self.make(table, world, place)).get(name)
        return self._parents[key, world]

    def claim(self, key: ColumnKey, world: str) -> str | None:
        """Return what the rows of a set hold in a column that is compared with a claim."""
        table = self.survey.live.table(*key[:2])
        return self.make(table, world, self.names.index(world)).get(key[2]) if table is not None else None

    def plain(self, table: Table, column: Column, place: int, number: int) -> str | None:
        """Return a canary for a column, or a value that its type or a constraint requires."""
        key = (*table.key, column.name)
        canary = Canary(self.survey.numbers[table.key], number, place)
        if key in self.fixes:
            return filled(self.fixes[key], canary, number)
        if key in self.cast_to:
            return canaries.value(self.cast_to[key], canary)
        if refers_to_own_table(table, column) and key not in self.survey.clues.read:
            return None  # no row is there yet that it could name, and every later change would be refused
        base = self.survey.base_type(column.type)
        listed = self.survey.enums.get(base) or self.demanded(table).get(column.name)
        if listed:
            return listed[0]
        if parts := self.survey.composites.get(base):
            return canaries.composite(canaries.value(self.survey.base_type(one), canary) for one in parts)
        return canaries.value(base, canary)

    def alternatives(self, table: Table, column: Column) -> list[str | None]:
        """Return the values that may decide a policy's result, for a column that a persona changes."""
        found, base = self._edge(table, column), self.survey.base_type(column.type)
        if base == "boolean":
            return ["true", "false", *([] if column.not_null else [None])]
        literals = self.survey.clues.literals.get((*table.key, column.name), ())
        said = [] if base.startswith(("timestamp", "date", "time")) else literals  # a literal there is of a time zone
        return [value for value in dict.fromkeys([*said, *found]) if value != KEPT]

    def demanded(self, table: Table) -> dict[str, tuple[str, ...]]:
        """Return the values that the CHECK constraints of a table list for its columns."""
        if table.key not in self._lists:
            self._lists[table.key] = values_in_checks(table)
        return self._lists[table.key]

    @cached_property
    def _buckets(self) -> tuple[str, ...]:
        literals = self.survey.clues.literals
        return buckets(literals.get((*FILES[1], "bucket_id"), ()), literals.get((*FILES[0], "id"), ()))

    def edges(self, table: Table) -> dict[str, list[str | None]]:
        """Return the columns that may decide a result, with the values that rows of a set hold in them."""
        if table.key in FILES:
            name = "bucket_id" if table.key == FILES[1] else "id"
            return {name: list(self._buckets)}
        if table.key == USERS:
            return {}
        found = {column.name: self._edge(table, column) for column in table.columns}
        return {name: values for name, values in found.items() if len(values) > 1}

    def _edge(self, table: Table, column: Column) -> list[str | None]:
        key = (*table.key, column.name)
        clues = self.survey.clues
        known = (self.survey.identities, self.survey.keys, clues.claims, clues.requests.values())
        if key not in clues.read or column.generated:
            return []
        target = self.survey.keys.get(key)
        if target is not None and target[:2] in self.existing:
            held = [row.get(target[2]) for row in self.existing[target[:2]]]
            compared = [one for one in clues.literals.get(key, ()) if one in held]
            return list(dict.fromkeys([*compared, *held]))[: max(4, len(compared))]
        if any(key in one for one in known) or not free(self.survey, table, column.name):
            return []
        base = self.survey.base_type(column.type)
        literals: list[str | None] = [one.replace("%", "x") for one in clues.literals.get(key, ())]
        values: list[str | None] = []
        if base == "boolean":
            values = ["true", "false"]
        elif base in self.survey.enums:
            labels: tuple[str | None, ...] = self.survey.enums[base]
            values = [*dict.fromkeys([*(one for one in literals if one in labels), *labels])][: max(4, len(literals))]
        elif base.startswith(("timestamp", "date")):
            values = [PAST, FUTURE]
        elif literals:
            demanded = [one for one in self.demanded(table).get(column.name, ()) if one not in literals][:1]
            others: list[str | None] = [*demanded]
            values = [*literals, *(others or ([KEPT] if canaries.is_word(base) or small_numbers(base) else []))]
        elif not column.not_null:
            values = [KEPT]
        return shown_first(column.name, values if column.not_null else [*values, None])
