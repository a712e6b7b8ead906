"""Which tables may show other rows after a write: looking again shall grow with the writes, not with the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gatepost.access.observation.clues import words
from gatepost.access.observation.ground import Ground, TableKey
from gatepost.schema import Table


@dataclass(frozen=True)
class Influence:
    """What each table's policies and triggers lead to, by the names that stand in them.

    A function that builds SQL at run time may read and write anything, and counts so.
    """

    ground: Ground

    def touched(self, table: Table, columns: frozenset[str] | None = None) -> tuple[Table, ...]:
        """Return the tables whose visible rows a write to a table may change, itself among them.

        Args:
            table: The table that was written.
            columns: The columns that were changed; None for a whole row.
        """
        fired, dynamic = self._fires[table.key]
        if columns is not None and not fired and not dynamic and not self._heard(table, columns):
            return ()
        found = {table.key, *self._readers[table.name]}
        for name in fired:
            found |= {other.key for other in self._by_name.get(name, ())} | self._readers.get(name, set())
        if dynamic:
            return self.ground.observed
        return tuple(other for other in self.ground.observed if other.key in found)

    def _heard(self, table: Table, columns: frozenset[str]) -> bool:
        return any((*table.key, column) in self.ground.clues.read for column in columns)

    @cached_property
    def _by_name(self) -> Mapping[str, list[Table]]:
        found: defaultdict[str, list[Table]] = defaultdict(list)
        for table in self.ground.observed:
            found[table.name].append(table)
        return found

    @cached_property
    def _policy_names(self) -> Mapping[TableKey, tuple[frozenset[str], bool]]:
        return {
            table.key: self.ground.calls.reachable(
                text for policy in table.policies for text in (policy.using, policy.check) if text
            )
            for table in self.ground.observed
        }

    @cached_property
    def _readers(self) -> Mapping[str, set[TableKey]]:
        """The tables whose policies ask each name; one whose policies build SQL asks every table."""
        found: defaultdict[str, set[TableKey]] = defaultdict(set)
        for key, (names, dynamic) in self._policy_names.items():
            for name in self._by_name if dynamic else names & self._by_name.keys():
                found[name].add(key)
        return found

    @cached_property
    def _fires(self) -> Mapping[TableKey, tuple[frozenset[str], bool]]:
        """The names in what a table's triggers run."""
        bodies = {function.key: function.body for function in self.ground.live.functions}
        found: dict[TableKey, tuple[frozenset[str], bool]] = {}
        for table in self.ground.observed:
            texts = [
                bodies.get(trigger.function, "")
                for trigger in self.ground.live.triggers
                if (trigger.schema, trigger.table) == table.key
            ]
            names, dynamic = self.ground.calls.reachable(texts)
            found[table.key] = (
                names & self._by_name.keys() if texts else frozenset(),
                dynamic or any("execute" in words(text) for text in texts),
            )
        return found
