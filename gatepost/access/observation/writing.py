"""One persona's writes to one table, and what it sees after each that succeeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from gatepost import sql
from gatepost.access.observation.batch import Answer, Trial, Trying
from gatepost.access.observation.candidates import candidates, relations
from gatepost.access.observation.cast import ORDINARY, other_of, world_of
from gatepost.access.observation.combining import Values
from gatepost.access.observation.ground import FILES
from gatepost.access.observation.influence import Influence
from gatepost.access.observation.population import insert
from gatepost.access.observation.record import Cell, Crossing, Escalation, Record
from gatepost.access.observation.trial import Found, Look, Probe, Stage, Tried, counting, places
from gatepost.access.observation.worlds import FRESH, Row
from gatepost.access.personas import Persona
from gatepost.schema import Column, Command, Table

_SWALLOWED = ("refused", "constraint")
_Looked = tuple[Answer, list[tuple[Table, Look]]]
"""An answer, and the looks whose answers stand behind those of its own probes."""


@dataclass
class Writer:
    """Writes as one persona to one table, and keeps what came of it in the record."""

    stage: Stage
    record: Record
    influence: Influence
    persona: Persona
    table: Table
    escalations: list[Escalation] = field(default_factory=list)
    crossings: list[Crossing] = field(default_factory=list)

    @property
    def world(self) -> str:
        """The world that is the persona's own."""
        return world_of(self.persona.name)

    @property
    def watched(self) -> bool:
        """Whether rows that come into sight are an escalation: those who may see everything are not watched."""
        return self.persona.name in (*ORDINARY, "anon")

    def write(self) -> Trying[None]:
        """Insert, change and remove."""
        held = self.stage.privileges(self.persona.role)
        if held.has(self.table.key, "insert"):
            self._keep("insert", (yield from self._inserts()))
        if held.has(self.table.key, "update"):
            self._keep("update", (yield from self._updates()))
        if held.has(self.table.key, "delete"):
            self._keep("delete", (yield from self._deletes()))

    def _keep(self, command: Command, cell: Cell) -> None:
        self.record.cells[self.persona.name, self.table.key, command] = cell

    def _inserts(self) -> Trying[Cell]:
        columns = self.stage.privileges(self.persona.role).columns(self.table, "insert")
        let_in: dict[str, bool] = {}
        statements: dict[int | str, str] = {}
        failed = Tried("", "refused")
        tried_rows = dict(candidates(self.stage.population, self.persona, self.table))
        kept = {name: self._kept(row) if name.startswith("another's") else () for name, row in tried_rows.items()}
        wanted = [Trial(self.persona, insert([row], columns), kept[name]) for name, row in tried_rows.items()]
        answers = yield from self._try(wanted, None)
        among = "own among another's"
        for (name, row), (answer, looks) in zip(tried_rows.items(), answers, strict=True):
            tried = answer.tried
            let_in[name] = tried.outcome in ("done", "constraint") and (tried.count > 0 or tried.outcome != "done")
            statements[name] = tried.statement
            if tried.outcome == "done" and tried.count:
                let_in[name] = not kept[name] or self._stands(row, answer.found[0])
                self._look_again(tried, looks, answer.found[len(kept[name]) :], name == among)
            elif tried.outcome not in _SWALLOWED:
                failed = tried
            if let_in[name] and tried.outcome == "done" and name == "own":
                [returning] = yield [Trial(self.persona, f"{tried.statement} RETURNING *")]
                let_in["own, returned"] = returning.tried.outcome == "done"
                statements["own, returned"] = returning.tried.statement
            if name in ("own", among):
                yield from self._as_every_kind([row], columns, name == among)
        yield from self._as_every_kind(relations(self.stage.population, self.persona, self.table), columns)
        outcome = failed.outcome if failed.statement and not any(let_in.values()) else "done"
        return Cell(inserts=let_in, candidates=tried_rows, statements=statements, outcome=outcome, said=failed.said)

    def _as_every_kind(self, rows: Sequence[Row], columns: Sequence[str], among: bool = False) -> Trying[None]:
        """Insert rows of one's own with each value that policies ask for: a role that one gives oneself."""
        if not self.watched or self.table.key not in self.stage.ground.asked:
            return
        kinds = self.stage.population.worlds.kinds(self.table)
        said = [insert([replace(row, values={**row.values, **kind})], columns) for row in rows for kind in kinds]
        wanted = [Trial(self.persona, text) for text in [*said, *self._changed_at_once(said, kinds)]]
        answers = yield from self._try(wanted, None)
        for answer, looks in answers:
            if answer.tried.outcome == "done" and answer.tried.count:
                self._look_again(answer.tried, looks, answer.found, among)

    def _changed_at_once(self, inserts: Sequence[str], kinds: Sequence[Values]) -> Iterator[str]:
        """Yield each INSERT with an UPDATE behind it: to ask is allowed, and so is to answer oneself."""
        able = self.stage.privileges(self.persona.role).columns(self.table, "update")
        target = sql.qualified(self.table.schema, self.table.name)
        for kind in kinds:
            said = [f"{sql.identifier(name)} = {sql.literal(value)}" for name, value in kind.items() if name in able]
            if said:
                yield from (f"{text}; UPDATE {target} SET {', '.join(said)}" for text in inserts)

    def _try(self, wanted: Sequence[Trial], column: Column | None, *, removed: bool = False) -> Trying[list[_Looked]]:
        """Try statements, and after each look at every table that may show other rows then.

        Args:
            wanted: The trials; the looks come behind their own probes.
            column: The column that they change, or None for whole rows.
            removed: Whether they remove rows.
        """
        columns = None if column is None else frozenset([column.name])
        touched = [self.influence.touched(self.table, columns, removed) if self.watched else ()] * len(wanted)
        if self.watched and self.influence.opaque_triggers(self.table):
            # What they lead to is seen by trying, so that looking does not mean looking everywhere.
            led = yield [replace(trial, counting="writes") for trial in wanted]
            touched = [
                everywhere if first.moved is None else self.influence.after(self.table, columns, first.moved)
                for first, everywhere in zip(led, touched, strict=True)
            ]
        looks = [
            [(table, look) for table in tables if (look := self.stage.looking(self.persona.role, table)) is not None]
            for tables in touched
        ]
        answers = yield [
            replace(trial, probes=(*trial.probes, *(look.probe for _, look in after)))
            for trial, after in zip(wanted, looks, strict=True)
        ]
        return list(zip(answers, looks, strict=True))

    def _identifying(self, row: Row) -> list[tuple[str, str]]:
        names = [c.name for c in self.table.columns if (*self.table.key, c.name) in self.stage.ground.identities]
        return [(name, value) for name in names if (value := row.values.get(name)) is not None]

    def _kept(self, row: Row) -> tuple[Probe, ...]:
        """Return the question how many rows name whom a row names: a trigger may put its writer's name into it."""
        wanted = self._identifying(row)
        if not wanted:
            return ()
        return (counting(self.table, wanted),)

    def _stands(self, row: Row, found: Found) -> bool:
        """Tell whether a row was kept as it was written, by how many rows there are of its kind now."""
        wanted, planted = self._identifying(row), self.stage.population.of(self.table).values()
        before = [one for one in planted if all(one.values.get(name) == value for name, value in wanted)]
        return int(found.rows[0][0] or 0) > len(before)

    def _updates(self) -> Trying[Cell]:
        found = Cell(outcome="refused")
        reached: dict[int | str, str] = {}
        sampled: set[int] = set()
        reaches_all = False
        for column, value in self._changes():
            wanted = Trial(self.persona, self._set(column, value), (places(self.table),))
            [(answer, looks)] = yield from self._try([wanted], column)
            tried, changed = answer.tried, self._changed(answer)
            for row in changed:
                reached.setdefault(row.number, tried.statement)
            if changed:
                self._look_again(tried, looks, answer.found[1:])
                yield from self._note_crossing(column, value, tried, changed)
            if tried.outcome in ("error", "cut off"):
                return Cell(outcome=tried.outcome, said=tried.said, statements={"failed": tried.statement})
            found = replace(found, outcome="done")
            reaches_all = reaches_all or tried.outcome == "done"
            if tried.outcome in _SWALLOWED:
                one_by_one = yield from self._one_by_one(column, value)
                sampled.update(row.number for row in self._sample())
                for number, statement in one_by_one.items():
                    reached.setdefault(number, statement)
            elif not tried.count and column.name not in self._bound():
                return replace(found, rows=frozenset())  # USING finds no row, whatever is written
        rows = frozenset(number for number in reached if isinstance(number, int))
        limited = frozenset(sampled) if sampled and not reaches_all else None
        return replace(found, rows=rows, statements=reached, tried=limited)

    def _changed(self, answer: Answer) -> list[Row]:
        return self.stage.left(self.table, answer.found[0]) if answer.found else []

    def _changes(self) -> Iterator[tuple[Column, str | None]]:
        """Yield what the persona tries to write; one that passes row security by has nothing to find out."""
        for column in self._plain_first():
            for value in self._new_values(column):
                yield column, value
            if self.persona.role == "service_role":
                return

    def _bound(self) -> set[str]:
        ground = self.stage.ground
        return {
            column.name
            for column in self.table.columns
            if (*self.table.key, column.name) in ground.identities
            or (*self.table.key, column.name) in ground.keys
            or (*self.table.key, column.name) in ground.clues.claims
            or (self.table.key in FILES and column.name == "name")
        }

    def _plain_first(self) -> list[Column]:
        """Return the columns to change: those that no key and no policy reads first, a key's own never."""
        allowed = set(self.stage.privileges(self.persona.role).columns(self.table, "update"))
        if self.table.key in FILES:
            allowed &= {"name", "bucket_id", "metadata"}  # what the storage service changes for its caller
        alone = {index.columns[0] for index in self.table.indexes if index.unique and len(index.columns) == 1}
        bound = self._bound()
        changeable = [
            column
            for column in self.table.columns
            if column.name in allowed and not column.generated and column.identity != "always"
        ]
        read = self.stage.ground.clues.read
        several = [column for column in changeable if column.name not in alone or column.name in bound]
        ordered = sorted(several or changeable, key=lambda c: (c.name in bound, (*self.table.key, c.name) in read))
        if self.persona.name in ("ann", "anon"):
            return ordered
        # Which columns may be changed hangs on the role, and ann has tried them all for hers.
        telling = [c for c in ordered[1:] if c.name in bound or (*self.table.key, c.name) in read]
        return [*ordered[:1], *telling]

    def _new_values(self, column: Column) -> list[str | None]:
        worlds, other = self.stage.population.worlds, other_of(self.persona.name)
        key = (*self.table.key, column.name)
        if column.name in self._bound():
            own = worlds.make(self.table, self.world, FRESH).get(column.name)
            theirs = worlds.make(self.table, other, FRESH).get(column.name)
            return [value for value in dict.fromkeys([own, theirs]) if value is not None]
        if key in self.stage.ground.clues.read:
            found = worlds.alternatives(self.table, column)
            if found:
                return found
        place = self.table.columns.index(column)
        return [worlds.plain(self.table, column, place, FRESH)]

    def _set(self, column: Column, value: str | None, where: str = "") -> str:
        target = sql.qualified(self.table.schema, self.table.name)
        return f"UPDATE {target} SET {sql.identifier(column.name)} = {sql.literal(value)}{where}"

    def _one_by_one(self, column: Column, value: str | None) -> Trying[dict[int, str]]:
        """Change one row at a time, where changing all at once was refused for the sake of one."""
        rows = [(row, where) for row in self._sample() if (where := self._where(row))]
        answers = yield from self._try(
            [Trial(self.persona, self._set(column, value, where)) for _, where in rows], column
        )
        reached: dict[int, str] = {}
        for (row, _), (answer, looks) in zip(rows, answers, strict=True):
            if answer.tried.outcome == "done" and answer.tried.count:
                reached[row.number] = answer.tried.statement
                self._look_again(answer.tried, looks, answer.found)
                yield from self._note_crossing(column, value, answer.tried, [row])
        return reached

    def _sample(self) -> list[Row]:
        """Return the first row of each world, the persona's own first."""
        planted = self.stage.population.of(self.table).values()
        rows = sorted(planted, key=lambda row: (row.world != self.world, row.number))
        return [row for row in rows if row.base][:4]

    def _where(self, row: Row) -> str:
        keys = [index.columns for index in row.table.indexes if index.primary]
        readable = self.stage.privileges(self.persona.role).columns(row.table, "select")
        names = [name for name in (keys[0] if keys else ()) if name is not None]
        if not names or any(name not in readable for name in names):
            return ""
        return " WHERE " + " AND ".join(f"{sql.identifier(name)} = {sql.literal(row.values[name])}" for name in names)

    def _deletes(self) -> Trying[Cell]:
        statement = f"DELETE FROM {sql.qualified(self.table.schema, self.table.name)}"
        wanted = Trial(self.persona, statement, (places(self.table),))
        [(answer, looks)] = yield from self._try([wanted], None, removed=True)
        if answer.tried.outcome == "constraint":  # children of the rows stand in the way, which row security let go
            [answer], looks = (yield [replace(wanted, keys_aside=True)]), []
        tried, changed = answer.tried, self._changed(answer)
        if changed:
            self._look_again(tried, looks, answer.found[1:])
        reached: dict[int | str, str] = {row.number: statement for row in changed}
        rows = frozenset(row.number for row in changed)
        return Cell(rows, statements=reached, outcome=tried.outcome, said=tried.said)

    def _look_again(
        self, tried: Tried, looks: Sequence[tuple[Table, Look]], found: Sequence[Found], hung_on: bool = False
    ) -> None:
        """Note the rows of others that came into sight after a write."""
        for (table, look), what in zip(looks, found, strict=True):
            seen = look.seen(what)
            new = seen.rows - self.record.sees(self.persona.name, table.key)
            rows = [row for row in self.stage.population.of(table).values() if row.number in new]
            others = tuple(row for row in rows if row.world != self.world)
            if others:
                self.escalations.append(
                    Escalation(self.persona, tried.statement, str(self.table), seen.statement, others, hung_on)
                )

    def _note_crossing(self, column: Column, value: str | None, tried: Tried, changed: list[Row]) -> Trying[None]:
        """Note a row of one's own that was put among a stranger's, and that one has let go of."""
        if not self.watched or column.name not in self._bound():
            return
        other = other_of(self.persona.name)
        theirs = self.stage.population.worlds.make(self.table, other, FRESH).get(column.name)
        if value != theirs or not any(row.world == self.world for row in changed):
            return
        if (*self.table.key, column.name) in self.stage.ground.identities or self.table.key in FILES:
            [again] = yield [Trial(self.persona, f"{tried.statement}; {tried.statement}")]
            if again.tried.outcome == "done" and again.tried.count:
                return  # who may still change a row has only shared it
        self.crossings.append(Crossing(self.persona, self.table, tried.statement, column.name, other))
