"""Try the ways to rows besides their tables: views, functions, partitions. A canary that comes out is a witness.

Nothing is assumed about a door. Every persona opens it, and what comes out is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gatepost import sql
from gatepost.observation.attempt.doors.callable_functions import Routine, callable_by
from gatepost.observation.attempt.doors.door import Door, Leaks
from gatepost.observation.attempt.doors.function_calls import Calls
from gatepost.observation.attempt.personas import other_of
from gatepost.observation.attempt.trial import witness
from gatepost.observation.attempt.trial.affected_tables import Influence
from gatepost.observation.attempt.trial.batch import Answer, Batch, Trial, Trying
from gatepost.observation.attempt.trial.probes import MOST_ROWS, Probe, counting, listed, listing, places
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.attempt.trial.statement import TrialSession
from gatepost.observation.plant import canaries
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import FRESH
from gatepost.observation.plant.survey import USERS
from gatepost.personas import Persona
from gatepost.schema import Sequence as Sequence_
from gatepost.schema import Table, View, is_platform


@dataclass
class Doors:
    """Opens every door as every persona."""

    stage: TrialSession
    record: Observations
    influence: Influence
    _leaks: Leaks = field(init=False)

    def __post_init__(self) -> None:
        self._leaks = Leaks(self.stage, self.record)

    def open(self, personas: Sequence[Persona]) -> Iterator[Door]:
        """Yield the result of each door.

        Args:
            personas: Who tries; the rows that each sees in the tables are in the record already.
        """
        functions = callable_by(self.stage.cursor, sorted({persona.role for persona in personas}))
        batch = Batch(self.stage, self.record.missing)
        for persona in personas:
            if persona.traits.onlooker or persona.role == "service_role":
                continue
            found: list[list[Door]] = []
            opened = self._of(persona, functions) if not persona.traits.teammate else self._ranks(persona, functions)
            batch.together((what, _kept(doors, found)) for what, doors in opened)
            yield from (door for several in found for door in several)

    def _ranks(self, persona: Persona, functions: Sequence[Routine]) -> Iterator[tuple[str, Trying[list[Door]]]]:
        """Yield the functions that may write who belongs to a tenant."""
        names = {column[1] for column in self.stage.survey.teams.ranks}
        calls = Calls(self._leaks, self.influence, persona)
        for function in functions:
            mentioned = self.stage.survey.calls.reachable([function.body])[0]
            if persona.role in function.roles and function.volatile and names & mentioned:
                yield str(function), calls.call(function)

    def _of(self, persona: Persona, functions: Sequence[Routine]) -> Iterator[tuple[str, Trying[list[Door]]]]:
        """Yield the doors of a persona, each with its name."""
        live = self.stage.survey.live
        for view in live.views:
            if not is_platform(view.schema) and view.extension is None:
                yield str(view), self._view(persona, view)
        if self.stage.privileges(persona.role).has(USERS, "select"):
            yield ".".join(USERS), self._relation(persona, "table", *USERS)
        for table in live.tables:
            if table.parents:
                yield str(table), self._part(persona, table)
        for sequence in live.sequences:
            if not is_platform(sequence.schema) and _usable(sequence, persona.role):
                yield str(sequence), self._sequence(persona, sequence)
        calls = Calls(self._leaks, self.influence, persona)
        for function in functions:
            if persona.role in function.roles:
                yield str(function), calls.call(function)

    def _view(self, persona: Persona, view: View) -> Trying[list[Door]]:
        held = self.stage.privileges(persona.role)
        kind = "view" if view.kind == "view" else "materialized view"
        updatable = {one.lower() for one in view.updatable}
        doors: list[Door] = []
        if held.has(view.key, "select"):
            doors += yield from self._relation(persona, kind, *view.key)
        tables = [t for r in view.reads if (t := self._table(r.schema, r.name)) is not None]
        for command in ("update", "delete"):
            if held.has(view.key, command) and command in updatable:
                for statement in _writes(view, command):
                    doors.append((yield from self._write(persona, kind, str(view), statement, tables)))
        if held.has(view.key, "insert") and "insert" in updatable and len(set(tables)) == 1:
            doors += yield from self._forge(persona, kind, view, tables[0])
        return doors

    def _relation(self, persona: Persona, kind: str, schema: str, name: str) -> Trying[list[Door]]:
        """Read a relation, and look for canaries in what comes out."""
        target = sql.qualified(schema, name)
        said = f"SELECT x::text FROM {target} x LIMIT {MOST_ROWS}"
        [answer] = yield [Trial(persona, listed(target), call=True)]
        return [self._leaks.door(persona, kind, f"{schema}.{name}", said, answer)]

    def _sequence(self, persona: Persona, sequence: Sequence_) -> Trying[list[Door]]:
        said = f"nextval({sql.literal(sql.qualified(sequence.schema, sequence.name))})::text"
        [answer] = yield [Trial(persona, f"SELECT ARRAY[ARRAY[{said}]]", call=True)]
        return [self._leaks.door(persona, "sequence", str(sequence), f"SELECT {said}", answer)]

    def _forge(self, persona: Persona, kind: str, view: View, table: Table) -> Trying[list[Door]]:
        """Insert a row in a stranger's name through a view, whose own condition does not limit inserts."""
        survey, row_sets = self.stage.survey, self.stage.planted_rows.row_sets
        names = [c.name for c in table.columns if (*table.key, c.name) in survey.identities]
        shown = [c.name for c in view.columns if table.column(c.name) is not None]
        if not set(names) & set(shown) or self.record.cell(persona.name, table, "insert").inserts.get("another's"):
            return []
        row = Row(table, FRESH - 1, other_of(persona.name), row_sets.make(table, other_of(persona.name), FRESH - 1))
        wanted = [(name, row.values[name]) for name in names if name in shown and row.values.get(name) is not None]
        values = ", ".join(sql.literal(row.values.get(name)) for name in shown)
        target = f"{sql.qualified(*view.key)} ({sql.identifiers(shown)})"
        probes = (counting(table, wanted),)
        before, after = yield [
            Trial(persona, "SELECT", probes),
            Trial(persona, f"INSERT INTO {target} VALUES ({values})", probes),
        ]
        stands = after.tried.outcome == "done" and _count(after) > _count(before)
        return [
            Door(
                persona, kind, str(view), after.tried.statement, after.tried.outcome, after.tried.said,
                forged=row if stands else None,
            )
        ]  # fmt: skip

    def _part(self, persona: Persona, part: Table) -> Trying[list[Door]]:
        """Read and empty a partition, or a table that inherits, by its own name."""
        root, doors = self._root(part), []
        if root is None:
            return []
        held = self.stage.privileges(persona.role)
        if held.has(part.key, "select"):
            doors.append((yield from self._read_part(persona, part, root)))
        if held.has(part.key, "delete"):
            statement = f"DELETE FROM {sql.qualified(*part.key)}"
            doors.append((yield from self._write(persona, "partition", str(part), statement, [root])))
        return doors

    def _read_part(self, persona: Persona, part: Table, root: Table) -> Trying[Door]:
        """Read a partition. Its rows are identified by their place, or by what they hold."""
        held = self.stage.privileges(persona.role)
        target = sql.qualified(part.schema, part.name)
        columns = held.columns(part, "select")
        if not held.whole(part.key, "select"):
            line = f"concat_ws(',', {', '.join(f'{sql.identifier(name)}::text' for name in columns)})"
            [answer] = yield [Trial(persona, listing(part, [line]), call=True)]
            return self._leaks.door(persona, "partition", str(part), f"SELECT {line} FROM {target}", answer)
        [answer] = yield [Trial(persona, places(part).statement, call=True)]
        planted, sees = self.stage.planted_rows.of(root), self.record.sees(persona.name, root.key)
        found = [(int(oid), ctid) for oid, ctid in answer.rows if oid is not None and ctid is not None]
        rows = [planted[place] for place in found if place in planted]
        leaked = tuple(r for r in rows if r.number not in sees and not r.is_of(persona.row_set))
        keys = frozenset((*root.key, name) for name in columns) if leaked else frozenset()
        return Door(
            persona, "partition", str(part), f"SELECT * FROM {target}", answer.tried.outcome, answer.tried.said, leaked,
            witness.shown(leaked[0]) if leaked else "", columns=keys,
        )  # fmt: skip

    def _write(
        self, persona: Persona, kind: str, name: str, statement: str, tables: Sequence[Table]
    ) -> Trying[Door]:  # fmt: skip
        probes: tuple[Probe, ...] = tuple(places(table) for table in tables)
        [answer] = yield [Trial(persona, statement, probes, keys_aside=True)]
        left = [(table, self.stage.left(table, one)) for table, one in zip(tables, answer.found, strict=False)]
        written = tuple(row for table, rows in left for row in self._leaks.written(persona, table, rows))
        return Door(persona, kind, name, statement, answer.tried.outcome, answer.tried.said, written=written)

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


def _kept(doors: Trying[list[Door]], found: list[list[Door]]) -> Trying[None]:
    """Run a generator, and keep what it returns in the order in which the generators began."""
    place: list[Door] = []
    found.append(place)
    place += yield from doors


def _writes(view: View, command: str) -> list[str]:
    target = sql.qualified(*view.key)
    if command == "delete":
        return [f"DELETE FROM {target}"]
    words = [c for c in view.columns if canaries.is_word(c.type)]
    return [f"UPDATE {target} SET {sql.identifier(column.name)} = 'changed'" for column in words[:3]]


def _count(answer: Answer) -> int:
    rows = answer.found[0].rows if answer.found else ()
    return int(rows[0][0] or 0) if rows else 0


def _usable(sequence: Sequence_, role: str) -> bool:
    return any(g.grantee in (role, "public") and g.privilege in ("USAGE", "UPDATE") for g in sequence.grants)
