"""The rows that are planted on both sides, and the callers: made once, so that only the conditions can differ.

Beside the rows that an observation plants (`observation/plant/row_sets.py`) stand those by which two versions differ:
rows that join what belongs to different users, rows as changed defaults leave them, and users with several memberships.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile
from typing import Any

from gatepost.analysis.compared_values import identifiers_in
from gatepost.observation.attempt.personas import cast, own_id, users_of
from gatepost.observation.plant.fitting.combinations import KEPT, Values
from gatepost.observation.plant.references import unique_keys
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import FRESH, RowSets
from gatepost.observation.plant.survey import FILES, USERS, Survey
from gatepost.observation.plant.users import ANN, BOB, STRANGERS
from gatepost.personas import NOBODY, Persona
from gatepost.review.names import TableKey
from gatepost.review.plant.callers import MIXED, mixed, with_claims, with_email
from gatepost.review.plant.instants import instants, lengths
from gatepost.review.plant.joint_survey import literals_of, texts_of
from gatepost.review.plant.possibilities import Possibility
from gatepost.review.plant.shaped_rows import ShapedRows
from gatepost.schema import Column, Table, is_platform

_MOST_MIXED = 14
_MOST = FRESH - 10
_ALIKE = (ANN, BOB, *MIXED)
_ADDRESS = re.compile(r"[\w.%+-]*@[\w.%-]+|%[\w-]+\.[a-z]{2,}%?|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,4}")
_MOST_ADDRESSES = 4
_FALLS_BACK = re.compile(r"\b(?:coalesce|nullif|is\s+(?:not\s+)?(?:null|distinct))\b", re.IGNORECASE)
_FEW = (ANN, MIXED[0])
_ONE_BY_ONE = (STRANGERS[15], ANN, MIXED[0], MIXED[1], BOB)
"""Whom the first mixed rows name: a user who has no row in any other table comes first."""


@dataclass
class Population:
    """Makes rows and callers for both sides.

    Args:
        survey: Both sides as one database.
        base: The base alone, in the same words; the callers have the claims that it reads, too.
        configured: The personas of the project.
        defaults: The columns whose default differs, by table: rows are planted without them, too.
        fixes: Values that a constraint required, by column.
        possible: What the solver found: further rows, and a caller who tries each.
        sparse: Whether tables that policies read hold rows of two users alone, and no NULL: what a condition looks for
            and does not find decides, too.
        settled: Whether `fixes` stay as they are: a row that a constraint refuses nevertheless is left out.
    """

    survey: Survey
    base: Survey
    configured: tuple[Persona, ...] = ()
    defaults: Mapping[TableKey, frozenset[str]] = field(default_factory=dict)
    fixes: dict[Any, Any] = field(default_factory=dict)
    possible: tuple[Possibility, ...] = ()
    sparse: bool = False
    settled: bool = False
    _made: dict[Any, list[Row]] = field(default_factory=dict, init=False)
    _parts: dict[Any, int] = field(default_factory=dict)

    @cached_property
    def people(self) -> tuple[Persona, ...]:
        """The personas that the project and the review add to those that are there always."""
        mixed = tuple(Persona(name, "authenticated", json.dumps({"sub": own_id(name)})) for name in MIXED)
        return (*self.configured, *mixed)

    @cached_property
    def row_sets(self) -> RowSets:
        """The rows of every user."""
        return RowSets(self.survey, users_of(self.people), fixes=self.fixes)

    @cached_property
    def callers(self) -> tuple[Persona, ...]:
        """Everybody who tries, with the claims that either side reads."""
        head = cast(self.row_sets, self.people)
        base = cast(RowSets(replace(self.survey, clues=self.base.clues), self.row_sets.users), self.people)
        before = {persona.name: persona for persona in base}
        found = [persona for one in head for persona in with_claims(one, before.get(one.name))]
        everybody = [mixed(persona, found) if persona.name in MIXED else persona for persona in found]
        ann = next(persona for persona in everybody if persona.name == ANN)
        found_by_solver = (one.caller for one in self.possible if one.caller is not None)
        return (*everybody, *(with_email(ann, email) for email in self._emails()), *found_by_solver)

    def _emails(self) -> list[str]:
        """Return addresses that fit the patterns of conditions, and addresses that nearly do."""
        found: dict[str, None] = {}
        both = literals_of(self.survey.live) | literals_of(self.base.live)
        for literal in sorted(both):
            if _ADDRESS.fullmatch(literal):
                address = literal.replace("%", "cnry")
                address = address if "@" in address else f"cnry@{address}"
                address = f"cnry{address}" if address.startswith("@") else address
                found |= dict.fromkeys((address, f"{address}.cnry", address.swapcase()))
        return list(found)[:_MOST_ADDRESSES]

    def rows(self, table: Table) -> list[Row]:
        """Return every row of a table.

        Args:
            table: As the survey has it.
        """
        known = (table.key, tuple(self.fixes.items()))
        if known not in self._made:
            self._made[known] = self._make(table)
        return self._made[known]

    def _make(self, table: Table) -> list[Row]:
        found = self.row_sets.rows(table)
        number = max((row.number for row in found), default=-1) + 1
        more: list[Row] = []
        if table.key != USERS and table.key != FILES[0]:
            several = (
                self._moments,
                self._shaped.ranges,
                self._nulls,
                self._shaped.longer,
                self._mixes,
                self._of_members,
            )
            for values in (one for kind in several for one in kind(table)):
                more.append(Row(table, number + len(more), values[0], values[1]))
        more = [self._of_a_stranger(self._renumbered(row), at) for at, row in enumerate(more)]
        omitted = self.defaults.get(table.key, frozenset())
        if omitted:
            number += len(more)
            for row in found[: _MOST // 4]:
                fresh = self._renumbered(replace(row, number=number, base=False))
                kept = {name: value for name, value in fresh.values.items() if name not in omitted}
                more.append(replace(fresh, values=kept))
                number += 1
        more += self._shaped.named_after_themselves(table, max((row.number for row in [*found, *more]), default=-1) + 1)
        if self.sparse and self._about_users(table):
            few = [row for row in [*found, *more] if row.world in _FEW]
            return [row for row in few if None not in row.values.values()]
        return [*found, *more][:_MOST]

    def _of_a_stranger(self, row: Row, at: int) -> Row:
        """Return a row that is a stranger's where the table holds one row a user, who has it already."""
        alone = {columns[0] for columns in unique_keys(row.table) if len(columns) == 1}
        names = [name for name in row.values if name in alone and (*row.table.key, name) in self.survey.identities]
        stranger = STRANGERS[1 + at % (len(STRANGERS) - 2)]
        return replace(row, values={**row.values, **dict.fromkeys(names, stranger)}) if names else row

    def row_of_part(self, table: Table, values: Mapping[str, str]) -> Row | None:
        """Return a row for a partition, by the values of its bound; None where there are too many."""
        number = self._parts.setdefault((table.key, *values.items()), FRESH - 30 + len(self._parts))
        if number >= FRESH - 10:
            return None
        return Row(table, number, BOB, {**self.row_sets.make(table, BOB, number), **values})

    def _about_users(self, table: Table) -> bool:
        """Return whether a table says something about users that other tables' policies read."""
        named = any((*table.key, column.name) in self.survey.identities for column in table.columns)
        return named and table.key != USERS and table.key in self.survey.read_elsewhere

    def _renumbered(self, row: Row) -> Row:
        """Return a row with canaries of its own number where its values are plain."""
        fresh = self.row_sets.make(row.table, row.world, row.number)
        known = (self.survey.identities, self.survey.keys, self.survey.clues.claims)
        bound = {c.name for c in row.table.columns if any((*row.table.key, c.name) in one for one in known)}
        bound |= self._shaped.kept(row.table)
        deciding = set(self.decisive(row.table))
        values = {
            name: value
            if value is None or name in bound or (name in deciding and value != KEPT)
            else fresh.get(name, value)
            for name, value in row.values.items()
        }
        return replace(row, values=values)

    def decisive(self, table: Table) -> dict[str, list[str | None]]:
        """Return the columns on whose values a condition may turn, each with the values."""
        found = self.row_sets.edges(table)
        for column in table.columns:
            kind = self.survey.base_type(column.type)
            if column.name in found and kind.startswith(("timestamp", "date")):
                found[column.name] = [*self._instants, *([] if column.not_null else [None])]
        return found

    @cached_property
    def _shaped(self) -> ShapedRows:
        return ShapedRows(self.survey, self.row_sets, self._instants, self._first)

    @cached_property
    def _instants(self) -> tuple[str, ...]:
        both = literals_of(self.survey.live) | literals_of(self.base.live)
        texts = [*texts_of(self.survey.live), *texts_of(self.base.live)]
        return instants(sorted(both | lengths(texts)))

    def _moments(self, table: Table) -> Iterator[tuple[str, Values]]:
        """Yield a row for each further instant that a time of the table may hold, for one user and for nobody."""
        known = self.row_sets.edges(table)
        for name, values in self.decisive(table).items():
            for value in values:
                if value not in known.get(name, ()):
                    yield from ((world, {**self._first(table, world), name: value}) for world in (ANN, NOBODY))

    def _nulls(self, table: Table) -> Iterator[tuple[str, Values]]:
        """Yield a row for each column that a condition reads and that may be NULL, with NULL in it."""
        edges = self.row_sets.edges(table)
        for column in table.columns:
            read = (*table.key, column.name) in self.survey.clues.read or self._binds(table, column)
            read = read or column.name in self._fallen_back
            if read and not column.not_null and not column.generated and None not in edges.get(column.name, ()):
                yield from ((world, {**self._first(table, world), column.name: None}) for world in (ANN, BOB))

    @cached_property
    def _fallen_back(self) -> frozenset[str]:
        """The names in views and functions that show something else where a value is NULL."""
        sides = (self.survey.live, self.base.live)
        bodies = (one.body for live in sides for one in live.functions if not is_platform(one.schema))
        views = (one.definition for live in sides for one in live.views if not is_platform(one.schema))
        texts = (text for text in (*bodies, *views) if _FALLS_BACK.search(text))
        return frozenset(name for text in texts for name in identifiers_in(text))

    def _of_members(self, table: Table) -> Iterator[tuple[str, Values]]:
        """Yield a row of nobody for each further row of a table that says something about users, to which it belongs.

        Memberships stand in many states: only a row that belongs to one shows what its state lets through.
        """
        earlier = {one.key: one for one in takewhile(lambda one: one.key != table.key, self.survey.tables)}
        for child, parent in self.survey.keys.items():
            above = earlier.get(parent[:2])
            if child[:2] != table.key or above is None or not self._about_users(above):
                continue
            first = self._first(table, NOBODY)
            for row in self.rows(above)[len(self.row_sets.names) :]:
                if (value := row.values.get(parent[2])) is not None:
                    yield NOBODY, {**first, child[2]: value}

    def _first(self, table: Table, world: str) -> Values:
        """Return a row of somebody with the first of the deciding values in each column."""
        values = self.row_sets.make(table, world, 0)
        return values | {n: v[0] for n, v in self.row_sets.edges(table).items() if v and v[0] != KEPT}

    def _mixes(self, table: Table) -> Iterator[tuple[str, Values]]:
        """Yield rows that join what belongs to different users."""
        binding = [c for c in table.columns if self._binds(table, c)]
        edges = self.decisive(table)
        if not binding and not self._above(table):
            return
        chance = random.Random(str(table))  # noqa: S311  the same rows on every run
        shared = table.key in self.survey.read_elsewhere
        for at in range(_MOST_MIXED if len(binding) > 1 or edges else len(_ONE_BY_ONE)):
            world = MIXED[at % len(MIXED)]
            values = self.row_sets.make(table, world, at)
            for column in binding:
                whose = self._whose(table, column, at, shared, chance)
                values[column.name] = self._bound(table, column, whose)
            for name, referred in self._above(table):
                values[name] = chance.choice(
                    [None, *(self._bound_to(table, referred, one) for one in (ANN, BOB, world))]
                )
            for name, choices in edges.items():
                choice = choices[(at // len(MIXED)) % len(choices)] if at < 6 else chance.choice(choices)
                if choice != KEPT:
                    values[name] = choice
            yield world, values

    def _binds(self, table: Table, column: Column) -> bool:
        key = (*table.key, column.name)
        known = (self.survey.identities, self.survey.keys, self.survey.clues.claims)
        return not column.generated and any(key in one for one in known)

    def _whose(self, table: Table, column: Column, at: int, shared: bool, chance: random.Random) -> str | None:
        """Return to whom a column of a mixed row refers; None for nobody."""
        key = (*table.key, column.name)
        empty: list[str | None] = [] if column.not_null else [None]
        if key in self.survey.identities:
            if shared:  # a row there may be a membership: ann and bob stay strangers to each other
                return None if at == len(MIXED) and empty else MIXED[at % len(MIXED)]
            turn = (at + table.columns.index(column)) % len(_ONE_BY_ONE)
            return _ONE_BY_ONE[turn] if at < len(_ONE_BY_ONE) else chance.choice([*_ALIKE, *empty])
        return chance.choice([ANN, BOB, MIXED[0], *empty]) if at > 3 else (ANN, BOB, MIXED[1], ANN)[at]

    def _above(self, table: Table) -> list[tuple[str, str]]:
        """Return the columns of a table that refer to its own rows, each with the column that they refer to."""
        own = [one for one in table.constraints if one.references and one.references[:2] == table.key]
        pairs = [pair for one in own for pair in zip(one.columns, (one.references or ("", "", ()))[2], strict=False)]
        return list(dict.fromkeys(pairs))

    def _bound_to(self, table: Table, column: str, whose: str) -> str | None:
        return self.row_sets.make(table, whose, self.row_sets.names.index(whose)).get(column)

    def _bound(self, table: Table, column: Column, whose: str | None) -> str | None:
        if whose is None or whose in STRANGERS:
            return whose
        return self.row_sets.make(table, whose, self.row_sets.names.index(whose)).get(column.name)
