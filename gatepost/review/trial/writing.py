"""Every caller adds, changes and deletes rows of every table, and reads again after what succeeded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gatepost import sql
from gatepost.observation.attempt.trial.batch import Answer, Trial, Trying
from gatepost.observation.attempt.trial.probes import Look, Probe, Tried, counting, places
from gatepost.observation.plant.insert_rows import insert
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.survey import FILES
from gatepost.personas import Persona
from gatepost.review.names import TableKey
from gatepost.review.trial.access import How, Opened, Write, how_of
from gatepost.review.trial.candidates import candidates, changes_of
from gatepost.review.trial.side import TriedSide, try_all
from gatepost.schema import Column, Command, Table

_MOST_ROWS = 40
"""The most rows that are changed one by one, after all at once were refused."""


@dataclass
class Writing:
    """Writes to one table as one caller."""

    side: TriedSide
    persona: Persona
    joint: Table
    own: Table

    def write(self) -> Trying[None]:
        """Add, change and delete, and write down what was allowed."""
        held = self.side.stage.privileges(self.persona.role)
        commands: Sequence[tuple[Command, Trying[dict[str, Write]]]] = (
            ("insert", self._inserts()), ("update", self._updates()), ("delete", self._deletes())
        )  # fmt: skip
        for command, trying in commands:
            if held.has(self.own.key, command):
                self.side.access.writes[self.persona.name, self.joint.key, command] = yield from trying
        [answer] = yield [Trial(self.persona, f"TRUNCATE {self._target}")]
        self.side.access.emptied[self.persona.name, self.joint.key] = _written(answer.tried)

    @property
    def _target(self) -> str:
        return sql.qualified(self.own.schema, self.own.name)

    def _inserts(self) -> Trying[dict[str, Write]]:
        able = set(self.side.stage.privileges(self.persona.role).columns(self.own, "insert"))
        fill = frozenset(self.side.joint_column(self.joint, name) for name in able)
        self.side.access.fills[self.persona.name, self.joint.key] = fill
        looks = self.side.looks_after(self.persona, self.joint.key)
        wanted: list[tuple[str, Trial, int]] = []
        for label, row in candidates(self.side.population, self.persona, self.joint).items():
            own = self.side.planting.row(row, self.own)
            if self.joint.key in FILES:
                own = self._as_storage_does(own)
            kept, before = self._stands(own, able)
            probes = (*kept, *(look.probe for _, look in looks))
            wanted.append((label, Trial(self.persona, insert([own], able), probes), before))
        answers = yield from try_all([trial for _, trial, _ in wanted])
        return {
            label: self._inserted(answer, before, looks)
            for (label, _, before), answer in zip(wanted, answers, strict=True)
        }

    def _as_storage_does(self, row: Row) -> Row:
        mine = self.side.population.row_sets.users.get(self.persona.row_set)
        return Row(row.table, row.number, row.world, {**row.values, "owner": mine, "owner_id": mine})

    def _stands(self, row: Row, able: set[str]) -> tuple[tuple[Probe, ...], int]:
        """Return a query for how many rows hold the deciding values of a new one, and how many do before.

        A trigger may write other values than the caller asked for.
        """
        survey = self.side.stage.survey
        names = [
            column.name
            for column in self.own.columns
            if column.name in row.values
            and column.name in able
            and row.values[column.name] is not None
            and not column.type.startswith(("json", "xml", "point"))
            and ((*self.own.key, column.name) in survey.identities or (*self.own.key, column.name) in survey.clues.read)
        ]
        fired = any("insert" in trigger.events for trigger in survey.triggers.get(self.own.key, ()))
        if not names or not fired:
            return (), -1
        wanted = [(name, row.values[name]) for name in names]
        planted = self.side.rows(self.own).values()
        before = sum(all(one.values.get(name) == value for name, value in wanted) for one in planted)
        return (counting(self.own, wanted),), before

    def _inserted(self, answer: Answer, before: int, looks: Sequence[tuple[TableKey, Look]]) -> Write:
        found = answer.found
        stands = True
        if before >= 0 and found:
            rows = found[0].rows
            stands = bool(rows) and int(rows[0][0] or 0) > before
            found = found[1:]
        written = _written(answer.tried, looks, found)
        if answer.tried.outcome == "done" and not answer.tried.count:
            return Write("refused", written.statement, "no row was added")
        return written if stands else Write("refused", written.statement, "a trigger stored something else")

    def _updates(self) -> Trying[dict[str, Write]]:
        found: dict[str, Write] = {}
        within: list[Row] | None = None
        for column, values in self._columns():
            name = self.side.joint_column(self.joint, column.name)
            for value in values:
                tried = yield from self._update(column, value, within)
                for row, write in tried.items():
                    found[f"{name} = {value} in row {row}"] = write.of(row, name)
                done = [row for row, write in tried.items() if write.how == "allowed"]
                if within is None and done and column.name not in self._bound():
                    within = [row for row in self.side.rows(self.own).values() if row.number in done]
        return found

    def _update(self, column: Column, value: str | None, within: list[Row] | None) -> Trying[dict[int, Write]]:
        """Set one column of all rows at once, then one by one where that was refused."""
        every = list(self.side.rows(self.own).values())
        rows = within if within is not None else every
        statement = f"UPDATE {self._target} SET {sql.identifier(column.name)} = {sql.literal(value)}"
        looks = self.side.looks_after(self.persona, self.joint.key) if self._is_read(column) else []
        probes = (places(self.own), *self._holding(column, value), *(look.probe for _, look in looks))
        [answer] = yield [Trial(self.persona, statement, probes)]
        tried = answer.tried
        if tried.outcome in ("refused by privilege", "cut off") or not rows:
            return {row.number: _written(tried) for row in rows}
        if tried.outcome == "done":
            if not tried.count:
                return {row.number: Write("refused", statement, "no row") for row in every}
            changed = {row.number for row in self.side.stage.left(self.own, answer.found[0])}
            stored = self._stored(column, value, changed, answer)
            written = _written(tried, looks, answer.found[-len(looks) :] if looks else ())
            no = Write("refused", statement, "no row" if stored else "a trigger stored something else")
            return {row.number: written if row.number in changed and stored else no for row in every}
        return (yield from self._one_by_one(statement, rows, looks))

    def _one_by_one(
        self, statement: str, rows: list[Row], looks: Sequence[tuple[TableKey, Look]]
    ) -> Trying[dict[int, Write]]:
        several = [(row, where) for row in rows[:_MOST_ROWS] if (where := self._where(row))]
        if not several:
            [answer] = yield [Trial(self.persona, statement)]
            return {row.number: _written(answer.tried) for row in rows}
        probes = tuple(look.probe for _, look in looks)
        answers = yield [Trial(self.persona, f"{statement}{where}", probes) for _, where in several]
        return {
            row.number: _written(answer.tried, looks, answer.found)
            if answer.tried.outcome != "done" or answer.tried.count
            else Write("refused", answer.tried.statement, "no row")
            for (row, _), answer in zip(several, answers, strict=True)
        }

    def _holding(self, column: Column, value: str | None) -> tuple[Probe, ...]:
        """Return a query for how many rows hold a value, where a trigger may store another one."""
        fired = any("update" in trigger.events for trigger in self.side.stage.survey.triggers.get(self.own.key, ()))
        if not fired or value is None or column.type.startswith(("json", "xml", "point")):
            return ()
        return (counting(self.own, [(column.name, value)]),)

    def _stored(self, column: Column, value: str | None, changed: set[int], answer: Answer) -> bool:
        if not self._holding(column, value) or len(answer.found) < 2 or not answer.found[1].rows:
            return True
        rows = self.side.rows(self.own).values()
        had = sum(row.values.get(column.name) == value for row in rows if row.number not in changed)
        return int(answer.found[1].rows[0][0] or 0) > had

    def _where(self, row: Row) -> str:
        keys = [index.columns for index in self.own.indexes if index.primary]
        readable = self.side.stage.privileges(self.persona.role).columns(self.own, "select")
        names = [name for name in (keys[0] if keys else ()) if name is not None]
        if not names or any(name not in readable or name not in row.values for name in names):
            return ""
        return " WHERE " + " AND ".join(f"{sql.identifier(n)} = {sql.literal(row.values[n])}" for n in names)

    def _bound(self) -> frozenset[str]:
        survey = self.side.population.survey
        known = (survey.identities, survey.keys, survey.clues.claims)
        return frozenset(
            self.side.own_column(self.joint, column.name)
            for column in self.joint.columns
            if any((*self.joint.key, column.name) in one for one in known)
        )

    def _is_read(self, column: Column) -> bool:
        key = (*self.joint.key, self.side.joint_column(self.joint, column.name))
        return key in self.side.population.survey.clues.read or column.name in self._bound()

    def _columns(self) -> Iterator[tuple[Column, list[str | None]]]:
        """Yield the columns to change with the values to set, the plainest first."""
        joint = {self.side.own_column(self.joint, column.name): column for column in self.joint.columns}
        columns = [c for c in self.own.columns if not c.generated and c.identity != "always" and c.name in joint]
        if self.joint.key in FILES:
            columns = [c for c in columns if c.name in ("name", "bucket_id", "metadata")]
        alone = {index.columns[0] for index in self.own.indexes if index.unique and len(index.columns) == 1}
        bound = self._bound()
        columns = [c for c in columns if c.name not in alone or c.name in bound] or columns
        for column in sorted(columns, key=lambda c: (c.name in bound, self._is_read(c))):
            yield column, changes_of(self.side.population, self.persona, self.joint, joint[column.name])

    def _children(self) -> list[tuple[Table, Table]]:
        """Return the tables whose rows a foreign key removes, or empties, together with one of this table."""
        return [
            (joint, own)
            for joint, own in self.side.tables()
            if own.key != self.own.key
            and any((key.references or ("", ""))[:2] == self.own.key for key in own.constraints)
        ]

    def _passed_on(self, statement: str, children: Sequence[tuple[Table, Table]], answer: Answer) -> None:
        """Write down the rows of other tables that are gone with those of this one."""
        for (joint, own), found in zip(children, answer.found[1:], strict=False):
            gone = frozenset((joint.key, row.number) for row in self.side.stage.left(own, found))
            if gone:
                opened = Opened("foreign key", "allowed", statement, written=gone)
                self.side.access.doors.setdefault((self.persona.name, str(joint)), {})[statement] = opened

    def _deletes(self) -> Trying[dict[str, Write]]:
        statement = f"DELETE FROM {self._target}"
        children = self._children()
        wanted = Trial(self.persona, statement, (places(self.own), *(places(child) for _, child in children)))
        [answer] = yield [wanted]
        self._passed_on(statement, children, answer)
        if answer.tried.outcome == "constraint":  # children of the rows stand in the way, which row security let go
            [answer] = yield [Trial(self.persona, statement, (places(self.own),), keys_aside=True)]
        tried, rows = answer.tried, list(self.side.rows(self.own).values())
        if tried.outcome == "refused by the application":
            found = yield from self._one_by_one(statement, rows, [])
            return {f"row {number}": replace(write, row=number) for number, write in found.items()}
        changed = set()
        if answer.found:
            changed = {row.number for row in self.side.stage.left(self.own, answer.found[0])}
        no = Write("refused", statement, "no row") if tried.outcome == "done" else _written(tried)
        yes = Write("allowed", statement)
        return {f"row {r.number}": replace(yes if r.number in changed else no, row=r.number) for r in rows}


def _written(
    tried: Tried, looks: Sequence[tuple[TableKey, Look]] = (), found: Sequence[object] = ()
) -> Write:  # fmt: skip
    """Return the result of a statement, with what its caller saw afterwards."""
    how: How = how_of(tried)
    if how != "allowed" or tried.outcome != "done" or len(found) != len(looks):
        return Write(how, tried.statement, tried.said)
    seen: Mapping[TableKey, frozenset[int]] = {
        key: look.seen(one).rows for (key, look), one in zip(looks, found, strict=True)  # type: ignore[arg-type]
    }  # fmt: skip
    return Write(how, tried.statement, tried.said, seen, {key: look.plain for key, look in looks})
