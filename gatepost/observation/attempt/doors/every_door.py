"""Try the ways to rows besides their tables: views, functions, partitions. A canary that comes out is a witness.

Nothing is assumed about a door. Every persona opens it, and what comes out is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gatepost import sql
from gatepost.analysis.compared_columns import ColumnKey
from gatepost.observation.attempt.doors.callable_functions import Routine, callable_by
from gatepost.observation.attempt.doors.function_arguments import Arguments
from gatepost.observation.attempt.personas import other_of
from gatepost.observation.attempt.trial import witness
from gatepost.observation.attempt.trial.affected_tables import Influence
from gatepost.observation.attempt.trial.contained_failures import contained
from gatepost.observation.attempt.trial.outcome import Outcome
from gatepost.observation.attempt.trial.probes import Tried
from gatepost.observation.attempt.trial.results import Escalation, Observations
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant import canaries
from gatepost.observation.plant.row_sets import FRESH, Row
from gatepost.observation.plant.survey import USERS
from gatepost.personas import NOBODY, Persona
from gatepost.schema import Sequence as Sequence_
from gatepost.schema import Table, View, is_platform

_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_MOST = 1000
"""The most rows that are read from a door."""


@dataclass(frozen=True)
class Door:
    """One door, tried by one persona.

    `leaked` are rows that came out although the persona may not see them. `written` are the rows of others that it
    changed through the door. `counted` says that only figures and times changed in all of them. `columns` are those
    whose canaries came out. `forged` is a row that it inserted in somebody else's name.
    """

    persona: Persona
    kind: str
    name: str
    statement: str
    outcome: Outcome
    said: str = ""
    leaked: tuple[Row, ...] = ()
    value: str = ""
    written: tuple[Row, ...] = ()
    columns: frozenset[ColumnKey] = frozenset()
    counted: bool = False
    forged: Row | None = None


@dataclass
class Doors:
    """Opens every door as every persona."""

    stage: TrialSession
    record: Observations
    influence: Influence
    _functions: list[Routine] = field(default_factory=list)
    _rows: dict[tuple[int, int], Row] = field(default_factory=dict)

    def open(self, personas: Sequence[Persona]) -> Iterator[Door]:
        """Yield the result of each door.

        Args:
            personas: Who tries; the rows that each sees in the tables are in the record already.
        """
        self._functions = callable_by(self.stage.cursor, sorted({persona.role for persona in personas}))
        views = [v for v in self.stage.survey.live.views if not is_platform(v.schema) and v.extension is None]
        for persona in personas:
            if persona.traits.onlooker or persona.role == "service_role":
                continue
            with self.stage.being(persona):
                for view in views:
                    yield from self._contained(str(view), self._view(persona, view))
                if self.stage.privileges(persona.role).has(USERS, "select"):
                    users = sql.qualified(*USERS)
                    yield self._read(persona, "table", ".".join(USERS), f"SELECT x::text FROM {users} x LIMIT {_MOST}")
                for table in self.stage.survey.live.tables:
                    if table.parents:
                        yield from self._contained(str(table), self._part(persona, table))
                for sequence in self.stage.survey.live.sequences:
                    if not is_platform(sequence.schema) and _usable(sequence, persona.role):
                        name = sql.literal(sql.qualified(sequence.schema, sequence.name))
                        yield self._read(persona, "sequence", str(sequence), f"SELECT nextval({name})::text")
                for function in self._functions:
                    if persona.role in function.roles:
                        yield from self._contained(str(function), self._call(persona, function))

    def _contained(self, what: str, doors: Iterator[Door]) -> list[Door]:
        found: list[Door] = []
        with contained(self.stage, self.record.missing, what):
            found += doors
        return found

    def _view(self, persona: Persona, view: View) -> Iterator[Door]:
        held = self.stage.privileges(persona.role)
        target = sql.qualified(view.schema, view.name)
        kind = "view" if view.kind == "view" else "materialized view"
        if held.has(view.key, "select"):
            yield self._read(persona, kind, str(view), f"SELECT x::text FROM {target} x LIMIT {_MOST}")
        tables = [t for r in view.reads if (t := self._table(r.schema, r.name)) is not None]
        for command in ("update", "delete"):
            if held.has(view.key, command) and command in {one.lower() for one in view.updatable}:
                for statement in self._writes(view, command, target):
                    yield self._written(persona, kind, str(view), statement, tables)
        if (
            held.has(view.key, "insert")
            and "insert" in {one.lower() for one in view.updatable}
            and len(set(tables)) == 1
        ):
            yield from self._forge(persona, kind, view, tables[0])

    def _writes(self, view: View, command: str, target: str) -> Iterator[str]:
        if command == "delete":
            yield f"DELETE FROM {target}"
            return
        words = [c for c in view.columns if canaries.is_word(c.type)]
        for column in words[:3]:
            yield f"UPDATE {target} SET {sql.identifier(column.name)} = 'changed'"

    def _forge(self, persona: Persona, kind: str, view: View, table: Table) -> Iterator[Door]:
        """Insert a row in a stranger's name through a view, whose own condition does not limit inserts."""
        survey, row_sets = self.stage.survey, self.stage.planted_rows.row_sets
        names = [c.name for c in table.columns if (*table.key, c.name) in survey.identities]
        shown = [c.name for c in view.columns if table.column(c.name) is not None]
        if not set(names) & set(shown) or self.record.cell(persona.name, table, "insert").inserts.get("another's"):
            return
        row = Row(table, FRESH - 1, other_of(persona.name), row_sets.make(table, other_of(persona.name), FRESH - 1))
        wanted = [(name, row.values[name]) for name in names if name in shown and row.values.get(name) is not None]
        before = self.stage.count(table, wanted)
        values = ", ".join(sql.literal(row.values.get(name)) for name in shown)
        target = f"{sql.qualified(view.schema, view.name)} ({sql.identifiers(shown)})"
        with self.stage.attempt(f"INSERT INTO {target} VALUES ({values})") as tried:
            stands = tried.outcome == "done" and bool(tried.count) and self.stage.count(table, wanted) > before
        yield Door(
            persona, kind, str(view), tried.statement, tried.outcome, tried.said, forged=row if stands else None
        )  # fmt: skip

    def _part(self, persona: Persona, part: Table) -> Iterator[Door]:
        """Read and empty a partition, or a table that inherits, by its own name."""
        root = self._root(part)
        if root is None:
            return
        held = self.stage.privileges(persona.role)
        target = sql.qualified(part.schema, part.name)
        if held.has(part.key, "select"):
            yield self._read_part(persona, part, root)
        if held.has(part.key, "delete"):
            yield self._written(persona, "partition", str(part), f"DELETE FROM {target}", [root])

    def _read_part(self, persona: Persona, part: Table, root: Table) -> Door:
        """Read a partition. Its rows are identified by their place, or by what they hold."""
        held = self.stage.privileges(persona.role)
        target = sql.qualified(part.schema, part.name)
        columns = held.columns(part, "select")
        if not held.whole(part.key, "select"):
            listed = ", ".join(f"{sql.identifier(name)}::text" for name in columns)
            return self._read(persona, "partition", str(part), f"SELECT concat_ws(',', {listed}) FROM {target}")
        with self.stage.attempt(f"SELECT tableoid::int8, ctid::text FROM {target}") as tried:
            found = self.stage.cursor.fetchall() if tried.outcome == "done" else []
        places, sees = self.stage.planted_rows.of(root), self.record.sees(persona.name, root.key)
        rows = [places[place] for place in found if place in places]
        leaked = tuple(r for r in rows if r.number not in sees and r.world != persona.row_set)
        keys = frozenset((*root.key, name) for name in columns) if leaked else frozenset()
        return Door(
            persona, "partition", str(part), f"SELECT * FROM {target}", tried.outcome, tried.said, leaked,
            witness.shown(leaked[0]) if leaked else "", columns=keys,
        )  # fmt: skip

    def _call(self, persona: Persona, function: Routine) -> Iterator[Door]:
        target = sql.qualified(function.schema, function.name)
        names, dynamic = self.stage.survey.calls.reachable([function.body])
        dynamic = dynamic or "execute" in names
        if dynamic:
            names |= frozenset(_WORD.findall(function.body))  # the SQL that it builds is in literals
        arguments = Arguments(self.stage.planted_rows, persona.row_set, names, dynamic)
        for listed in arguments.choices(function.types, function.names):
            statement = f"SELECT x::text FROM {target}({listed}) x LIMIT {_MOST}"
            if function.procedure:
                statement = f"CALL {target}({listed})"
            kind = "procedure" if function.procedure else "function"
            yield self._read(persona, kind, str(function), statement, function)

    def _read(self, persona: Persona, kind: str, name: str, statement: str, function: Routine | None = None) -> Door:
        with self.stage.attempt(statement) as tried:
            text = ""
            if tried.outcome == "done" and self.stage.cursor.description is not None:
                text = "\n".join(str(row[0] or "") for row in self.stage.cursor.fetchall())
            leaked, columns = self._leaks(persona, text + tried.said, statement)
            written: tuple[Row, ...] = ()
            counted = False
            if function is not None and function.volatile and tried.outcome == "done":
                written = self._after_call(persona, function, tried)
                counted = bool(written) and all(self.stage.only_counted(row) for row in written)
        value = next(
            (line for line in text.splitlines() if leaked and self._leaks(persona, line, statement)[0]), tried.said
        )
        return Door(
            persona,
            kind,
            name,
            statement,
            tried.outcome,
            tried.said,
            tuple(leaked),
            value if leaked else "",
            written,
            columns,
            counted,
        )

    def _after_call(self, persona: Persona, function: Routine, tried: Tried) -> tuple[Row, ...]:
        """Check what a function did: the rows of others that it changed, and those that became visible."""
        names, dynamic = self.stage.survey.calls.reachable([function.body])
        tables = [t for t in self.stage.survey.observed if dynamic or t.name in names]
        written = tuple(row for table in tables for row in self._foreign(persona, table))
        if persona.watched:
            for table in dict.fromkeys(t.key for one in tables for t in self.influence.touched(one)):
                live = self.stage.survey.live.table(*table)
                if live is not None:
                    self._escalation(persona, live, function, tried)
        return written

    def _escalation(self, persona: Persona, table: Table, function: Routine, tried: Tried) -> None:
        seen = self.stage.look(table)
        new = seen.rows - self.record.sees(persona.name, table.key)
        others = tuple(
            row
            for row in self.stage.planted_rows.of(table).values()
            if row.number in new and row.world != persona.row_set
        )
        if others:
            self.record.escalations.append(Escalation(persona, tried.statement, str(function), seen.statement, others))

    def _written(self, persona: Persona, kind: str, name: str, statement: str, tables: Sequence[Table]) -> Door:
        with self.stage.attempt(statement, keys_aside=True) as tried:
            rows: list[Row] = []
            if tried.outcome == "done" and tried.count:
                rows = [row for table in tables for row in self._foreign(persona, table)]
        return Door(persona, kind, name, statement, tried.outcome, tried.said, written=tuple(rows))

    def _foreign(self, persona: Persona, table: Table) -> list[Row]:
        """Return the changed rows of a table that belong to others and that the persona cannot change directly."""
        writable = self.record.cell(persona.name, table, "update").rows
        writable |= self.record.cell(persona.name, table, "delete").rows
        owned = table.key in self.stage.survey.owned
        mine = (persona.row_set, *((NOBODY,) if owned else ()))
        return [row for row in self.stage.changed(table) if row.world not in mine and row.number not in writable]

    def _leaks(self, persona: Persona, text: str, statement: str) -> tuple[list[Row], frozenset[ColumnKey]]:
        """Return the rows whose canaries are in a text although the persona may not see them, and their columns.

        What the caller's own statement contains is not a leak, unless more of the same row comes back with it.
        """
        brought = frozenset(canaries.found_in(statement))
        held = self.stage.privileges(persona.role)
        found: dict[Any, Row] = {}
        columns = set()
        for canary in canaries.found_in(text) if text else ():
            row = self._planted.get((canary.table, canary.row))
            if row is None or row.world == persona.row_set or canary.column >= len(row.table.columns):
                continue
            if canary in brought and not witness.proves_reading(row, text, statement):
                continue
            name = row.table.columns[canary.column].name
            visible = row.number in self.record.sees(persona.name, row.table.key)
            if not (visible and name in held.columns(row.table, "select")):
                found[row.key] = row
                columns.add((*row.table.key, name))
        return list(found.values()), frozenset(columns)

    @property
    def _planted(self) -> dict[tuple[int, int], Row]:
        if not self._rows:
            for key, rows in self.stage.planted_rows.rows.items():
                number = self.stage.survey.numbers[key]
                self._rows |= {(number, row.number): row for row in rows.values()}
        return self._rows

    def _root(self, part: Table) -> Table | None:
        """Return the table at the top of a partition's tree."""
        seen = {part.key}
        while part.parents and part.parents[0] not in seen:
            seen.add(part.parents[0])
            above = self.stage.survey.live.table(*part.parents[0])
            if above is None:
                return None
            part = above
        return part if part.key in self.stage.survey.numbers else None

    def _table(self, schema: str, name: str) -> Table | None:
        found = self.stage.survey.live.table(schema, name)
        return found if found is not None and found.key in self.stage.survey.numbers else None


def _usable(sequence: Sequence_, role: str) -> bool:
    return any(g.grantee in (role, "public") and g.privilege in ("USAGE", "UPDATE") for g in sequence.grants)
