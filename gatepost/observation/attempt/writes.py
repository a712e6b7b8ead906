"""Write to one table as one persona, and read again after each successful write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gatepost import sql
from gatepost.analysis.compared_values import identifiers_in
from gatepost.observation.attempt.inserts import Inserts
from gatepost.observation.attempt.one_table import by_code
from gatepost.observation.attempt.personas import other_of
from gatepost.observation.attempt.trial.batch import Answer, Trial, Trying
from gatepost.observation.attempt.trial.outcome import SWALLOWED, UNKNOWN
from gatepost.observation.attempt.trial.probes import Tried, places
from gatepost.observation.attempt.trial.results import Cell, Crossing
from gatepost.observation.attempt.usual_statements import SOFT_DELETE, soft_deletes
from gatepost.observation.plant.row import Row
from gatepost.observation.plant.row_sets import FRESH
from gatepost.observation.plant.survey import FILES
from gatepost.schema import Column, Command

_MOST_FOR_SERVICE = 3
"""How many columns a role that bypasses row security tries to change: several, because a trigger may refuse one."""


@dataclass
class Writer(Inserts):
    """Writes as one persona to one table, and records the results."""

    def write(self) -> Trying[None]:
        """Insert, update and delete."""
        held = self.stage.privileges(self.persona.role)
        if held.has(self.table.key, "insert"):
            self._keep("insert", (yield from self._inserts()))
        if held.has(self.table.key, "update"):
            self._keep("update", (yield from self._updates()))
        if held.has(self.table.key, "delete"):
            self._keep("delete", (yield from self._deletes()))

    def _keep(self, command: Command, cell: Cell) -> None:
        self.record.cells[self.persona.name, self.table.key, command] = cell

    def _updates(self) -> Trying[Cell]:
        found = Cell(outcome="refused by policy")
        changed_by: dict[int | str, str] = {}
        refused: Tried | None = None
        passed: frozenset[int] | None = frozenset()
        sampled: set[int] = set()
        changes_all = False
        for column, value in self._changes():
            wanted = Trial(self.persona, self._set(column, value), (places(self.table),))
            [(answer, looks)] = yield from self._try([wanted], column)
            tried, changed = answer.tried, self._changed(answer)
            for row in changed:
                changed_by.setdefault(row.number, tried.statement)
            if changed:
                self._look_again(tried, looks, answer.found[1:])
                yield from self._note_crossing(column, value, tried, changed)
            if self._computed_from(column) and (tried.code or "").startswith("22"):
                continue  # a generated column, such as a range of two dates, refuses the value, and no policy does
            if tried.outcome in ("error", *UNKNOWN):
                return Cell(
                    outcome=tried.outcome, said=tried.said, code=tried.code, statements={"failed": wanted.statement}
                )
            found = replace(found, outcome="done")
            changes_all = changes_all or tried.outcome == "done"
            if tried.outcome in SWALLOWED:
                one_by_one = yield from self._one_by_one(column, value)
                # A row that only a key or a check keeps from changing says nothing about its policies.
                kept = {number for number, one in one_by_one.items() if one.outcome in ("constraint", "impossible")}
                sampled.update(row.number for row in self._sample() if row.number not in kept)
                for number, one in one_by_one.items():
                    if one.outcome == "done":
                        changed_by.setdefault(number, one.statement)
                if by_code(tried) and column.name not in self._bound():
                    more = yield from self._let_pass(tried)
                    refused, passed = tried, None if more is None or passed is None else passed | more
            elif not tried.count and column.name not in self._bound():
                return replace(found, rows=frozenset())  # USING finds no row, whatever is written
        rows = frozenset(number for number in changed_by if isinstance(number, int))
        limited = frozenset(sampled) if sampled and not changes_all else None
        refused_marks = yield from self._marked_as_deleted(rows)
        found = replace(found, rows=rows, statements=changed_by, tried=limited, refused=refused_marks)
        return self._unless_held(found, refused, passed, "update") if refused is not None else found

    def _marked_as_deleted(self, rows: frozenset[int]) -> Trying[dict[str, str]]:
        """Return a soft delete of a row of one's own, where the policies refuse it although they let it be changed."""
        seen = rows & self.record.sees(self.persona.name, self.table.key)
        planted = self.stage.planted_rows.of(self.table).values()
        own = next((row for row in planted if row.number in seen and row.world == self.world), None)
        where = self._where(own) if own is not None else ""
        if not where or not self.persona.traits.tries_every_column:
            return {}
        able = self.stage.privileges(self.persona.role).columns(self.table, "update")
        target = sql.qualified(self.table.schema, self.table.name)
        wanted = [f"UPDATE {target} SET {change}{where}" for change in soft_deletes(self.table, able)]
        answers = (yield [Trial(self.persona, statement) for statement in wanted]) if wanted else []
        refused = [one.tried.statement for one in answers if one.tried.outcome == "refused by policy"]
        return {SOFT_DELETE: refused[0]} if refused else {}

    def _let_pass(self, refused: Tried) -> Trying[frozenset[int] | None]:
        """Return the rows that row security accepts although a trigger refuses them: the statement without triggers.

        None where that cannot be seen, because triggers cannot be disabled or the new row is refused as well.
        """
        if not self.stage.planted_rows.keys_aside:
            return None
        [answer] = yield [Trial(self.persona, refused.statement, (places(self.table),), keys_aside=True)]
        if answer.tried.outcome != "done":
            return None
        return frozenset(row.number for row in self._changed(answer))

    def _unless_held(self, cell: Cell, refused: Tried, passed: frozenset[int] | None, command: Command) -> Cell:
        """Return a cell that is marked where only the application's code is known to protect rows of others.

        Rows of one's own do not matter, nor does a stranger's row if the same code accepts one's own.

        Args:
            cell: The result.
            refused: The statement that the code refused.
            passed: The rows that row security lets pass, or None where that is not known.
            command: The command.
        """
        if cell.rows:
            return cell
        only_own = passed is not None and not any(self._is_another_s(number) for number in passed)
        certain = only_own or self._guards(command).refuse_always
        return replace(cell, outcome=refused.outcome, said=refused.said, code=refused.code, certain=certain)

    def _is_another_s(self, number: int) -> bool:
        row = self.stage.planted_rows.row(self.table.key, number)
        return row is not None and not row.is_of(self.world)

    def _changed(self, answer: Answer) -> list[Row]:
        return self.stage.left(self.table, answer.found[0]) if answer.found else []

    def _changes(self) -> Iterator[tuple[Column, str | None]]:
        """Yield the statements to try. A role that bypasses row security has nothing to find out."""
        columns = self._plain_first()
        for column in columns[:_MOST_FOR_SERVICE] if self.persona.role == "service_role" else columns:
            for value in self._new_values(column):
                yield column, value

    def _bound(self) -> set[str]:
        survey = self.stage.survey
        return {
            column.name
            for column in self.table.columns
            if (*self.table.key, column.name) in survey.identities
            or (*self.table.key, column.name) in survey.keys
            or (*self.table.key, column.name) in survey.clues.claims
            or (self.table.key in FILES and column.name == "name")
        }

    def _computed_from(self, column: Column) -> bool:
        """Return whether a generated column is computed from this one."""
        generated = self.stage.survey.generated.items()
        return any(key[:2] == self.table.key and column.name in identifiers_in(text) for key, text in generated)

    def _plain_first(self) -> list[Column]:
        """Return the columns to change, starting with those that no key and no policy uses, without the key's own."""
        allowed = set(self.stage.privileges(self.persona.role).columns(self.table, "update"))
        if self.table.key in FILES:
            allowed &= {"name", "bucket_id", "metadata"}  # the columns that the storage service changes for its caller
        alone = {index.columns[0] for index in self.table.indexes if index.unique and len(index.columns) == 1}
        bound = self._bound()
        changeable = [
            column
            for column in self.table.columns
            if column.name in allowed and not column.generated and column.identity != "always"
        ]
        read = self.stage.survey.clues.read
        several = [column for column in changeable if column.name not in alone or column.name in bound]
        ordered = sorted(several or changeable, key=lambda c: (c.name in bound, (*self.table.key, c.name) in read))
        if self.persona.traits.tries_every_column or self._guards("update").may_refuse:
            return ordered
        # The role decides which columns may be changed, and another persona of each role tries them all.
        decisive = [c for c in ordered[1:] if c.name in bound or (*self.table.key, c.name) in read]
        return [*ordered[:1], *decisive]

    def _new_values(self, column: Column) -> list[str | None]:
        row_sets, other = self.stage.planted_rows.row_sets, other_of(self.persona.name)
        key = (*self.table.key, column.name)
        if column.name in self._bound():
            own = row_sets.make(self.table, self.world, FRESH).get(column.name)
            theirs = row_sets.make(self.table, other, FRESH).get(column.name)
            return [value for value in dict.fromkeys([own, theirs]) if value is not None]
        if key in self.stage.survey.clues.read:
            found = row_sets.alternatives(self.table, column)
            if found:
                return found
        place = self.table.columns.index(column)
        accepted = self._guards("update").values_of(column)
        return list(dict.fromkeys([row_sets.plain(self.table, column, place, FRESH), *accepted]))

    def _set(self, column: Column, value: str | None, where: str = "") -> str:
        target = sql.qualified(self.table.schema, self.table.name)
        return f"UPDATE {target} SET {sql.identifier(column.name)} = {sql.literal(value)}{where}"

    def _one_by_one(self, column: Column, value: str | None) -> Trying[dict[int, Tried]]:
        """Change one row at a time, after changing all at once was refused because of one row."""
        rows = [(row, where) for row in self._sample() if (where := self._where(row))]
        answers = yield from self._try(
            [Trial(self.persona, self._set(column, value, where)) for _, where in rows], column
        )
        found: dict[int, Tried] = {}
        for (row, _), (answer, looks) in zip(rows, answers, strict=True):
            if answer.tried.outcome == "done" and answer.tried.count:
                self._look_again(answer.tried, looks, answer.found)
                yield from self._note_crossing(column, value, answer.tried, [row])
            if answer.tried.outcome != "done" or answer.tried.count:
                found[row.number] = answer.tried
        return found

    def _sample(self) -> list[Row]:
        """Return the first row of each row set, the persona's own first."""
        planted = self.stage.planted_rows.of(self.table).values()
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
        deleted: dict[int | str, str] = {row.number: statement for row in changed}
        if by_code(tried):
            return (yield from self._deletes_one_by_one(tried))
        rows = frozenset(row.number for row in changed)
        return Cell(rows, statements=deleted, outcome=tried.outcome, said=tried.said, code=tried.code)

    def _deletes_one_by_one(self, refused: Tried) -> Trying[Cell]:
        """Delete one row at a time, after the application's code refused to delete all at once."""
        rows = [(row, where) for row in self._sample() if (where := self._where(row))]
        answers = yield [Trial(self.persona, f"{refused.statement}{where}") for _, where in rows]
        tried = {row.number: answer.tried for (row, _), answer in zip(rows, answers, strict=True)}
        gone = {number: one for number, one in tried.items() if one.outcome == "done" and one.count}
        deleted: dict[int | str, str] = {number: one.statement for number, one in gone.items()}
        cell = Cell(frozenset(gone), statements=deleted, tried=frozenset(tried))
        return self._unless_held(cell, refused, (yield from self._let_pass(refused)), "delete")

    def _note_crossing(self, column: Column, value: str | None, tried: Tried, changed: list[Row]) -> Trying[None]:
        """Record a row of one's own that was moved among a stranger's rows and can no longer be changed."""
        if not self.watched or column.name not in self._bound():
            return
        other = other_of(self.persona.name)
        theirs = self.stage.planted_rows.row_sets.make(self.table, other, FRESH).get(column.name)
        if value != theirs or not any(row.world == self.world for row in changed):
            return
        if (*self.table.key, column.name) in self.stage.survey.identities or self.table.key in FILES:
            [again] = yield [Trial(self.persona, f"{tried.statement}; {tried.statement}")]
            if again.tried.outcome == "done" and again.tried.count:
                return  # a persona that can still change the row has only shared it
        where = next((self._where(row) for row in changed if row.world == self.world), "")
        unfiltered = False
        if where and where not in tried.statement:
            [filtered] = yield [Trial(self.persona, self._set(column, value, where))]
            unfiltered = filtered.tried.outcome == "refused by policy"
        self.crossings.append(Crossing(self.persona, self.table, tried.statement, column.name, other, unfiltered))
