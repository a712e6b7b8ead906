"""Every persona reaches for every table, with every command; after each write that succeeds, it looks again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from gatepost import sql
from gatepost.access.observation.cast import ORDINARY, PLAIN_LIAR, other_of, world_of
from gatepost.access.observation.ground import tenant_claims
from gatepost.access.observation.influence import Influence
from gatepost.access.observation.population import insert
from gatepost.access.observation.record import Cell, Crossing, Escalation, Record
from gatepost.access.observation.trial import Seen, Stage, Tried
from gatepost.access.observation.worlds import FRESH, Row
from gatepost.access.personas import Persona
from gatepost.schema import Column, Command, Table

_SWALLOWED = ("refused", "constraint")


def observe(stage: Stage, personas: Iterable[Persona], influence: Influence) -> Record:
    """Return what each persona reaches.

    Args:
        stage: Inside a transaction that will be rolled back, the rows planted.
        personas: Who tries.
        influence: Where to look again after a write.
    """
    record = Record()
    for persona in personas:
        with stage.being(persona):
            for table in stage.ground.observed:
                seen = stage.look(table)
                record.cells[persona.name, table.key, "select"] = _read(seen)
            if persona.name != PLAIN_LIAR:
                _Writer(stage, record, influence, persona).write()
    return record


def _read(seen: Seen) -> Cell:
    statements: dict[int | str, str] = dict.fromkeys(seen.rows, seen.statement)
    return Cell(seen.rows, statements=statements, outcome=seen.outcome, said=seen.said)


@dataclass
class _Writer:
    """One persona's writes."""

    stage: Stage
    record: Record
    influence: Influence
    persona: Persona
    _fresh: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def world(self) -> str:
        return world_of(self.persona.name)

    @property
    def watched(self) -> bool:
        """Whether rows that come into sight are an escalation: those who may see everything are not watched."""
        return self.persona.name in (*ORDINARY, "anon")

    def write(self) -> None:
        held = self.stage.privileges(self.persona.role)
        for table in self.stage.ground.observed:
            if not self.stage.population.of(table):
                continue
            if held.has(table.key, "insert"):
                self._keep(table, "insert", self._inserts(table))
            if held.has(table.key, "update"):
                self._keep(table, "update", self._updates(table))
            if held.has(table.key, "delete"):
                self._keep(table, "delete", self._deletes(table))

    def _keep(self, table: Table, command: Command, cell: Cell) -> None:
        self.record.cells[self.persona.name, table.key, command] = cell

    def _inserts(self, table: Table) -> Cell:
        columns = self.stage.privileges(self.persona.role).columns(table, "insert")
        let_in: dict[str, bool] = {}
        statements: dict[int | str, str] = {}
        failed = Tried("", "refused")
        candidates = dict(self._candidates(table))
        for name, row in candidates.items():
            with self.stage.attempt(insert([row], columns)) as tried:
                let_in[name] = tried.outcome in ("done", "constraint") and (tried.count > 0 or tried.outcome != "done")
                statements[name] = tried.statement
                if tried.outcome == "done" and tried.count:
                    let_in[name] = name != "another's" or self._stands(table, row)
                    self._look_again(table, tried, None)
                elif tried.outcome not in _SWALLOWED:
                    failed = tried
            if let_in[name] and tried.outcome == "done" and name == "own":
                with self.stage.attempt(f"{tried.statement} RETURNING *") as returning:
                    let_in["own, returned"] = returning.outcome == "done"
                    statements["own, returned"] = returning.statement
        outcome = failed.outcome if failed.statement and not any(let_in.values()) else "done"
        return Cell(inserts=let_in, candidates=candidates, statements=statements, outcome=outcome, said=failed.said)

    def _stands(self, table: Table, row: Row) -> bool:
        """Tell whether a row was kept as it was written: a trigger may have put its writer's name into it."""
        names = [c.name for c in table.columns if (*table.key, c.name) in self.stage.ground.identities]
        wanted = [(name, row.values[name]) for name in names if row.values.get(name) is not None]
        before = [r for r in self.stage.population.of(table).values() if all(r.values.get(n) == v for n, v in wanted)]
        return not wanted or self.stage.count(table, wanted) > len(before)

    def _candidates(self, table: Table) -> list[tuple[str, Row]]:
        """Return the rows that the persona tries to insert: its own, a stranger's, and its own among a stranger's."""
        worlds, other = self.stage.population.worlds, other_of(self.persona.name)
        keys = [(*table.key, column.name) for column in table.columns]
        names_somebody = any(key in self.stage.ground.identities for key in keys)
        hangs = any(
            key in tenant_claims(self.stage.ground)
            or (
                (parent := self.stage.ground.keys.get(key)) is not None
                and parent[:2] in self.stage.ground.owned
                and key not in self.stage.ground.identities
            )
            for key in keys
        )
        ways: list[tuple[str, str, str | None, str | None]] = [("own", self.world, None, None)]
        if table.key in self.stage.ground.owned:
            ways.append(("another's", other, None, None))
            if hangs and names_somebody and self.world in worlds.users:
                ways.append(("own among another's", self.world, None, other))
        found = []
        for name, world, user, parents in ways:
            number = self._fresh[table.key] = self._fresh.get(table.key, FRESH) + 1
            values = worlds.make(table, world, number, user=user, parents=parents)
            found.append((name, Row(table, number, world, values)))
        return found

    def _updates(self, table: Table) -> Cell:
        found = Cell(outcome="refused")
        reached: dict[int | str, str] = {}
        sampled: set[int] = set()
        reaches_all = False
        for column, value in self._changes(table):
            with self.stage.attempt(self._set(table, column, value)) as tried:
                changed = self.stage.changed(table) if tried.outcome == "done" and tried.count else []
                for row in changed:
                    reached.setdefault(row.number, tried.statement)
                if changed:
                    self._look_again(table, tried, column.name)
                    self._note_crossing(table, column, value, tried, changed)
            if tried.outcome in ("error", "cut off"):
                return Cell(outcome=tried.outcome, said=tried.said, statements={"failed": tried.statement})
            found = replace(found, outcome="done")
            reaches_all = reaches_all or tried.outcome == "done"
            if tried.outcome in _SWALLOWED:
                one_by_one, sample = self._one_by_one(table, column, value)
                sampled.update(sample)
                for number, statement in one_by_one.items():
                    reached.setdefault(number, statement)
            elif not tried.count and column.name not in self._bound(table):
                return replace(found, rows=frozenset())  # USING finds no row, whatever is written
        rows = frozenset(number for number in reached if isinstance(number, int))
        limited = frozenset(sampled) if sampled and not reaches_all else None
        return replace(found, rows=rows, statements=reached, tried=limited)

    def _changes(self, table: Table) -> Iterator[tuple[Column, str | None]]:
        """Yield what the persona tries to write; one that passes row security by has nothing to find out."""
        for column in self._plain_first(table):
            for value in self._new_values(table, column):
                yield column, value
            if self.persona.role == "service_role":
                return

    def _bound(self, table: Table) -> set[str]:
        ground = self.stage.ground
        return {
            column.name
            for column in table.columns
            if (*table.key, column.name) in ground.identities
            or (*table.key, column.name) in ground.keys
            or (*table.key, column.name) in ground.clues.claims
        }

    def _plain_first(self, table: Table) -> list[Column]:
        """Return the columns to change: those that no key and no policy reads first, a key's own never."""
        allowed = set(self.stage.privileges(self.persona.role).columns(table, "update"))
        alone = {index.columns[0] for index in table.indexes if index.unique and len(index.columns) == 1}
        bound = self._bound(table)
        changeable = [
            column
            for column in table.columns
            if column.name in allowed and not column.generated and column.identity != "always"
        ]
        read = self.stage.ground.clues.read
        several = [column for column in changeable if column.name not in alone or column.name in bound]
        ordered = sorted(several or changeable, key=lambda c: (c.name in bound, (*table.key, c.name) in read))
        if self.persona.name in ("ann", "anon"):
            return ordered
        # Which columns may be changed hangs on the role, and ann has tried them all for hers.
        telling = [c for c in ordered[1:] if c.name in bound or (*table.key, c.name) in read]
        return [*ordered[:1], *telling]

    def _new_values(self, table: Table, column: Column) -> list[str | None]:
        worlds, other = self.stage.population.worlds, other_of(self.persona.name)
        key = (*table.key, column.name)
        if column.name in self._bound(table):
            own = worlds.make(table, self.world, FRESH).get(column.name)
            theirs = worlds.make(table, other, FRESH).get(column.name)
            return [value for value in dict.fromkeys([own, theirs]) if value is not None]
        if key in self.stage.ground.clues.read:
            found = worlds.alternatives(table, column)
            if found:
                return found
        place = table.columns.index(column)
        return [worlds.plain(table, column, place, FRESH)]

    def _set(self, table: Table, column: Column, value: str | None, where: str = "") -> str:
        target = sql.qualified(table.schema, table.name)
        return f"UPDATE {target} SET {sql.identifier(column.name)} = {sql.literal(value)}{where}"

    def _one_by_one(self, table: Table, column: Column, value: str | None) -> tuple[dict[int, str], list[int]]:
        """Change one row at a time, where changing all at once was refused for the sake of one."""
        reached: dict[int, str] = {}
        sample = self._sample(table)
        for row in sample:
            where = self._where(row)
            if not where:
                continue
            with self.stage.attempt(self._set(table, column, value, where)) as tried:
                if tried.outcome == "done" and tried.count:
                    reached[row.number] = tried.statement
                    self._look_again(table, tried, column.name)
                    self._note_crossing(table, column, value, tried, [row])
        return reached, [row.number for row in sample]

    def _sample(self, table: Table) -> list[Row]:
        """Return the first row of each world, the persona's own first."""
        rows = sorted(self.stage.population.of(table).values(), key=lambda row: (row.world != self.world, row.number))
        return [row for row in rows if row.base][:4]

    def _where(self, row: Row) -> str:
        keys = [index.columns for index in row.table.indexes if index.primary]
        readable = self.stage.privileges(self.persona.role).columns(row.table, "select")
        names = [name for name in (keys[0] if keys else ()) if name is not None]
        if not names or any(name not in readable for name in names):
            return ""
        return " WHERE " + " AND ".join(f"{sql.identifier(name)} = {sql.literal(row.values[name])}" for name in names)

    def _deletes(self, table: Table) -> Cell:
        statement = f"DELETE FROM {sql.qualified(table.schema, table.name)}"
        for keys_aside in (False, True):
            with self.stage.attempt(statement, keys_aside=keys_aside) as tried:
                changed = self.stage.changed(table) if tried.outcome == "done" and tried.count else []
                if changed and not keys_aside:
                    self._look_again(table, tried, None)
            if tried.outcome != "constraint":  # else children of the rows stand in the way, which row security let go
                break
        reached: dict[int | str, str] = {row.number: statement for row in changed}
        rows = frozenset(row.number for row in changed)
        return Cell(rows, statements=reached, outcome=tried.outcome, said=tried.said)

    def _look_again(self, table: Table, tried: Tried, column: str | None) -> None:
        """Look for rows of others that came into sight after a write."""
        if not self.watched:
            return
        columns = None if column is None else frozenset([column])
        for other in self.influence.touched(table, columns):
            seen = self.stage.look(other)
            new = seen.rows - self.record.sees(self.persona.name, other.key)
            rows = [row for row in self.stage.population.of(other).values() if row.number in new]
            others = tuple(row for row in rows if row.world != self.world)
            if others:
                self.record.escalations.append(
                    Escalation(self.persona, tried.statement, str(table), seen.statement, others)
                )

    def _note_crossing(self, table: Table, column: Column, value: str | None, tried: Tried, changed: list[Row]) -> None:
        """Note a row of one's own that was put among a stranger's."""
        if not self.watched or column.name not in self._bound(table):
            return
        other = other_of(self.persona.name)
        theirs = self.stage.population.worlds.make(table, other, FRESH).get(column.name)
        if value == theirs and any(row.world == self.world for row in changed):
            self.record.crossings.append(Crossing(self.persona, table, tried.statement, column.name, other))
