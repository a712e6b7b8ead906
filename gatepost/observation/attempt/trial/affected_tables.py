"""Find the tables that may show other rows after a write, so that only those are read again.

What a persona sees in a table depends on what its policies read. It can change only where something was written that
they read. Both are followed by the names in policies, functions, views and triggers, and through foreign keys that pass
a change on. A name that means something else costs an extra read and never misses one. Where names are not enough,
because SQL is built at run time or a body is not readable, PostgreSQL's own counters say which relations a read used
and which a write changed (`batch.py`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gatepost.analysis.compared_values import identifiers_in
from gatepost.analysis.functions.calls import Calls
from gatepost.observation.plant.survey import Survey, TableKey
from gatepost.schema import Constraint, Table, Trigger

_ROW_ALONE = (
    "moddatetime autoinc insert_username suppress_redundant_updates_trigger tsvector_update_trigger"
    " tsvector_update_trigger_column"
).split()
"""Trigger functions that PostgreSQL ships, which change the written row and nothing else
(https://www.postgresql.org/docs/17/contrib-spi.html, https://www.postgresql.org/docs/17/functions-trigger.html)."""
_ARGUMENT = re.compile("'([^']*)'")
_PASSED_ON = re.compile(r"ON (DELETE|UPDATE) (?:CASCADE|SET (?:NULL|DEFAULT))", re.IGNORECASE)


@dataclass(frozen=True)
class _Fired:
    """The names that the triggers of a table use, and whether they may use more."""

    names: frozenset[str] = frozenset()
    opaque: bool = False


@dataclass(frozen=True)
class Influence:
    """Follows writes to the tables that they affect.

    `read` is what policies that build SQL were seen to read, by the table that they protect. A table that is not in it
    may read anything.
    """

    survey: Survey
    read: dict[TableKey, frozenset[TableKey] | None] = field(default_factory=dict)
    _led: dict[tuple[TableKey, str], tuple[frozenset[TableKey], bool]] = field(default_factory=dict)

    def opaque_policies(self, table: Table) -> bool:
        """Return whether only trying shows what a table's policies read."""
        return self._policies[table.key].opaque

    def opaque_triggers(self, table: Table) -> bool:
        """Return whether only trying shows what a write to a table affects."""
        return self._written(table.key, "")[1]

    def note_read(self, table: Table, tables: frozenset[TableKey] | None) -> None:
        """Note what reading a table read, before any write. None where that is not known."""
        if tables is None:
            self.read[table.key] = None
        elif (known := self.read.setdefault(table.key, frozenset())) is not None:
            self.read[table.key] = known | tables

    def touched(
        self, table: Table, columns: frozenset[str] | None = None, removed: bool = False
    ) -> tuple[Table, ...]:  # fmt: skip
        """Return the tables whose visible rows a write to a table may change, including the table itself.

        Args:
            table: The table that was written.
            columns: The columns that were changed; None for a whole row.
            removed: Whether the row was removed.
        """
        passed_on = columns is not None and bool(columns & self._referred[table.key])
        written, opaque = self._written(table.key, "DELETE" if removed else "UPDATE" if passed_on else "")
        return self.survey.observed if opaque else self.after(table, columns, written)

    def after(self, table: Table, columns: frozenset[str] | None, written: Iterable[TableKey]) -> tuple[Table, ...]:
        """Return the tables whose visible rows may have changed, given what was written.

        Args:
            table: The table that a persona wrote.
            columns: The columns that it changed; None for a whole row.
            written: The tables that were written, by it and by what it led to.
        """
        heard = (key for key in written if key != table.key or columns is None or self._heard(table, columns))
        return self.affected(heard)

    def affected(self, written: Iterable[TableKey]) -> tuple[Table, ...]:
        """Return the tables whose visible rows may have changed, given the tables that were written."""
        found: set[TableKey] = set()
        for key in written:
            found |= {key} | self._readers[key[1]]
        places = sorted(self._places[key] for key in found if key in self._places)
        return tuple(self.survey.observed[place] for place in places)

    def _heard(self, table: Table, columns: frozenset[str]) -> bool:
        """Return whether a policy may read one of the columns, or one that a trigger changes in the same row."""
        read = {column.name for column in table.columns if (*table.key, column.name) in self.survey.clues.read}
        fired = self._fires[table.key]
        return bool(read & columns) or bool(read & fired.names) or (bool(read) and fired.opaque)

    def _written(self, start: TableKey, how: str) -> tuple[frozenset[TableKey], bool]:
        """Return the tables that a write affects, and whether there may be others.

        Args:
            start: The table that is written.
            how: The clause of foreign keys that passes the write on: UPDATE, DELETE, or nothing.
        """
        if (start, how) not in self._led:
            found, todo = {start}, [(start, how)]
            while todo:
                key, passed = todo.pop()
                more = {(child, passed) for child in (*self._children[key, passed], *self._heirs[key])}
                more |= {(other, "DELETE") for name in self._fires[key].names for other in self._by_name.get(name, ())}
                todo += [step for step in more if step[0] not in found]
                found |= {other for other, _ in more}
            self._led[start, how] = frozenset(found), any(self._fires[key].opaque for key in found)
        return self._led[start, how]

    @cached_property
    def _places(self) -> Mapping[TableKey, int]:
        return {table.key: place for place, table in enumerate(self.survey.observed)}

    @cached_property
    def _by_name(self) -> Mapping[str, list[TableKey]]:
        found: defaultdict[str, list[TableKey]] = defaultdict(list)
        for table in self.survey.live.tables:
            found[table.name].append(table.key)
        return found

    @cached_property
    def _calls(self) -> Calls:
        """The names in functions and in views, because a view reads what its query reads."""
        bodies = dict(self.survey.calls.bodies)
        for view in self.survey.live.views:
            bodies[view.name] = bodies.get(view.name, frozenset()) | identifiers_in(view.definition)
        return Calls(bodies)

    @cached_property
    def _foreign(self) -> frozenset[str]:
        """The functions whose language does not show which tables they use."""
        functions = self.survey.live.functions
        return frozenset(one.name for one in functions if one.language not in ("sql", "plpgsql"))

    @cached_property
    def _policies(self) -> Mapping[TableKey, _Fired]:
        found = {}
        for table in self.survey.observed:
            texts = [text for policy in table.policies for text in (policy.using, policy.check) if text]
            names, dynamic = self._calls.reachable(texts)
            found[table.key] = _Fired(names, dynamic or bool(names & self._foreign))
        return found

    @cached_property
    def _readers(self) -> Mapping[str, set[TableKey]]:
        """The tables whose policies use each name. A policy that may read anything is listed under every name."""
        found: defaultdict[str, set[TableKey]] = defaultdict(set)
        for key, policies in self._policies.items():
            names = policies.names & self._by_name.keys()
            if policies.opaque:
                seen = self.read.get(key)
                names = names | {name for _, name in seen} if seen is not None else frozenset(self._by_name)
            for name in names:
                found[name].add(key)
        return found

    @cached_property
    def _children(self) -> Mapping[tuple[TableKey, str], set[TableKey]]:
        """The tables to which a foreign key passes a change on, by their parent and the change."""
        found: defaultdict[tuple[TableKey, str], set[TableKey]] = defaultdict(set)
        for table, key in self._keys():
            for how in _PASSED_ON.findall(key.definition):
                found[(key.references or ("", ""))[:2], how.upper()].add(table.key)
        return found

    @cached_property
    def _referred(self) -> Mapping[TableKey, set[str]]:
        """The columns of each table that foreign keys refer to."""
        found: defaultdict[TableKey, set[str]] = defaultdict(set)
        for _, key in self._keys():
            schema, name, columns = key.references or ("", "", ())
            found[schema, name].update(columns)
        return found

    def _keys(self) -> Iterator[tuple[Table, Constraint]]:
        for table in self.survey.live.tables:
            for key in table.constraints:
                if key.kind == "foreign key" and key.references:
                    yield table, key

    @cached_property
    def _heirs(self) -> Mapping[TableKey, set[TableKey]]:
        """The partitions and children of each table, which a write to it may change."""
        found: defaultdict[TableKey, set[TableKey]] = defaultdict(set)
        for table in self.survey.live.tables:
            for parent in table.parents:
                found[parent].add(table.key)
        return found

    @cached_property
    def _fires(self) -> Mapping[TableKey, _Fired]:
        triggers: defaultdict[TableKey, list[Trigger]] = defaultdict(list)
        for trigger in self.survey.live.triggers:
            triggers[trigger.schema, trigger.table].append(trigger)
        ruled = {(rule.schema, rule.table) for rule in self.survey.live.rewrite_rules}
        found: defaultdict[TableKey, _Fired] = defaultdict(_Fired)
        for table in self.survey.live.tables:
            found[table.key] = self._runs(triggers[table.key], table.key in ruled)
        return found

    def _runs(self, triggers: Iterable[Trigger], ruled: bool) -> _Fired:
        texts, opaque = [], ruled
        for trigger in triggers:
            body = self._bodies.get(trigger.function)
            if body is not None:
                texts.append(body)
            elif trigger.function[1].partition("(")[0] in _ROW_ALONE:
                texts.append(" ".join(_ARGUMENT.findall(trigger.definition)))  # names of columns
            else:
                opaque = True
        names, dynamic = self._calls.reachable(texts)
        opaque = (
            opaque or dynamic or bool(names & self._foreign) or any("execute" in identifiers_in(text) for text in texts)
        )
        return _Fired(names, opaque)

    @cached_property
    def _bodies(self) -> Mapping[tuple[str, str], str]:
        known = (one for one in self.survey.live.functions if one.language in ("sql", "plpgsql"))
        return {function.key: function.body for function in known}
