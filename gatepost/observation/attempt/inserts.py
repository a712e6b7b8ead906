"""Insert rows into one table as one persona: its own, a stranger's, and its own among a stranger's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gatepost import sql
from gatepost.observation.attempt.insert_candidates import candidates, relations
from gatepost.observation.attempt.one_table import Attempts, Looked, by_code
from gatepost.observation.attempt.trial.batch import Trial, Trying
from gatepost.observation.attempt.trial.outcome import SWALLOWED, UNKNOWN
from gatepost.observation.attempt.trial.probes import Found, Probe, Tried, counting
from gatepost.observation.attempt.trial.results import Cell
from gatepost.observation.attempt.trial.witness import in_force
from gatepost.observation.attempt.usual_statements import PLAIN, SOME, phrased, without_marks
from gatepost.observation.plant.fitting.combinations import Values
from gatepost.observation.plant.insert_rows import insert
from gatepost.observation.plant.row import Row


@dataclass
class Inserts(Attempts):
    """Inserts as one persona into one table."""

    def _inserts(self) -> Trying[Cell]:
        columns = self.stage.privileges(self.persona.role).columns(self.table, "insert")
        let_in: dict[str, bool] = {}
        statements: dict[int | str, str] = {}
        failed = Tried("", "refused by policy")
        tried_rows = dict(candidates(self.stage.planted_rows, self.persona, self.table))
        kept = {name: self._kept(row) if name.startswith("another's") else () for name, row in tried_rows.items()}
        answers = yield from self._insert(tried_rows, columns, kept)
        if answers["own" if "own" in answers else next(iter(answers))][1][0].tried.outcome == "refused by policy":
            answers |= yield from self._of_another_kind(tried_rows, columns, kept)
        tried_rows = {name: row for name, (row, _) in answers.items()}
        among = "own among another's"
        refused: dict[str, str] = {}
        for name, (row, (answer, looks)) in answers.items():
            tried = answer.tried
            let_in[name] = tried.outcome in ("done", "constraint") and (tried.count > 0 or tried.outcome != "done")
            statements[name] = tried.statement
            if tried.outcome == "done" and tried.count:
                let_in[name] = not kept[name] or self._stands(row, answer.found[0])
                self._look_again(tried, looks, answer.found[len(kept[name]) :], name == among)
            elif tried.outcome not in SWALLOWED:
                failed = tried
            if let_in[name] and tried.outcome == "done" and name == "own" and self.persona.traits.tries_every_column:
                refused |= yield from self._phrased(row, columns)
            if name in ("own", among):
                yield from self._as_every_kind([row], columns, name == among)
        yield from self._as_every_kind(relations(self.stage.planted_rows, self.persona, self.table), columns)
        outcome = failed.outcome if failed.statement and not any(let_in.values()) else "done"
        doubtful = self._doubtful({name: answer.tried for name, (_, (answer, _)) in answers.items()})
        said = failed.said or next((answer.tried.said for n, (_, (answer, _)) in answers.items() if n in doubtful), "")
        return Cell(
            inserts=let_in, candidates=tried_rows, statements=statements, outcome=outcome, said=said,
            code=failed.code, doubtful=doubtful, refused=refused,
        )  # fmt: skip

    def _of_another_kind(
        self, rows: Mapping[str, Row], columns: Sequence[str], kept: Mapping[str, tuple[Probe, ...]]
    ) -> Trying[dict[str, tuple[Row, Looked]]]:
        """Insert each row with the values that the policies demand, such as a state that every new row must have."""
        if not any(policy.permissive for policy in in_force(self.table, self.persona.role, "insert")):
            return {}
        kinds = self.stage.planted_rows.row_sets.kinds(self.table)
        wanted = [(name, replace(r, values={**r.values, **kind})) for kind in kinds for name, r in rows.items()]
        answers = yield from self._try([Trial(self.persona, insert([r], columns), kept[n]) for n, r in wanted])
        found: dict[str, tuple[Row, Looked]] = {}
        for (name, row), answer in zip(wanted, answers, strict=True):
            if answer[0].tried.outcome in ("done", "constraint"):
                found.setdefault(name, (row, answer))
        return found

    def _phrased(self, row: Row, columns: Sequence[str]) -> Trying[dict[str, str]]:
        """Return how clients phrase an INSERT, where the policies refuse it although they accept the plain one."""
        writable = self.stage.privileges(self.persona.role).columns(self.table, "update")
        kinds = self.stage.planted_rows.row_sets.kinds(self.table)
        rows = [replace(row, values=without_marks({**row.values, **kind})) for kind in ({}, *kinds)]
        ways = [phrased(self.table, insert([one], columns), writable) for one in rows]
        answers = iter((yield [Trial(self.persona, statement) for several in ways for _, statement in several]))
        refused: dict[str, str] = {}
        accepted: set[str] = set()
        for several in ways:
            said = {kind: (statement, next(answers).tried) for kind, statement in several}
            _, plain = said.pop(PLAIN)
            for kind, (statement, tried) in said.items():
                if tried.outcome != "refused by policy":
                    accepted.add(kind)
                elif plain.outcome == "done" and plain.count:
                    refused.setdefault(kind, statement)
        return {kind if kind not in accepted else f"{kind}{SOME}": statement for kind, statement in refused.items()}

    def _insert(
        self, rows: Mapping[str, Row], columns: Sequence[str], kept: Mapping[str, tuple[Probe, ...]]
    ) -> Trying[dict[str, tuple[Row, Looked]]]:
        """Insert each row. Where the application's code refuses one, try values that it may accept."""
        answers = yield from self._try([Trial(self.persona, insert([r], columns), kept[n]) for n, r in rows.items()])
        found = {name: (row, answer) for (name, row), answer in zip(rows.items(), answers, strict=True)}
        refused = [name for name, (_, (answer, _)) in found.items() if by_code(answer.tried)]
        guards = self._guards("insert")
        if not refused or guards.refuse_always or len(refused) < len(found):
            return found
        if self.stage.planted_rows.keys_aside:  # without the triggers, row security says by itself what it lets in
            wanted = [Trial(self.persona, insert([rows[n]], columns), keys_aside=True) for n in refused]
            for name, alone in zip(refused, (yield wanted), strict=True):
                if alone.tried.outcome == "refused by policy":
                    found[name] = (rows[name], (alone, []))
            refused = [name for name in refused if by_code(found[name][1][0].tried)]
        more = [(n, replace(rows[n], values={**rows[n].values, **v})) for v in guards.values() for n in refused]
        answers = yield from self._try([Trial(self.persona, insert([r], columns), kept[n]) for n, r in more])
        for (name, row), answer in zip(more, answers, strict=True):
            if by_code(found[name][1][0].tried) and answer[0].tried.outcome not in ("error", *UNKNOWN):
                found[name] = (row, answer)
        return found

    def _doubtful(self, tried: Mapping[str, Tried]) -> frozenset[str]:
        """Return the rows that only the application's code is known to refuse.

        If it accepts one row and refuses another that differs only in its owner, that is its verdict about the owner.
        And a refused row of one's own does not matter.
        """
        owned = self.table.key in self.stage.survey.owned
        refused = frozenset(name for name, one in tried.items() if by_code(one) and not (owned and name == "own"))
        passed = any(one.outcome in ("done", "constraint") for one in tried.values())
        return frozenset() if passed or self._guards("insert").refuse_always else refused

    def _as_every_kind(self, rows: Sequence[Row], columns: Sequence[str], among: bool = False) -> Trying[None]:
        """Insert rows of one's own with each value that policies check, such as a role that users give themselves."""
        if not self.watched or self.table.key not in self.stage.survey.read_elsewhere:
            return
        kinds = self.stage.planted_rows.row_sets.kinds(self.table)
        said = [insert([replace(row, values={**row.values, **kind})], columns) for row in rows for kind in kinds]
        wanted = [Trial(self.persona, text) for text in [*said, *self._changed_at_once(said, kinds)]]
        answers = yield from self._try(wanted)
        for answer, looks in answers:
            if answer.tried.outcome == "done" and answer.tried.count:
                self._look_again(answer.tried, looks, answer.found, among)

    def _changed_at_once(self, inserts: Sequence[str], kinds: Sequence[Values]) -> Iterator[str]:
        """Yield each INSERT followed by an UPDATE: a user may file a request and then also approve it."""
        able = self.stage.privileges(self.persona.role).columns(self.table, "update")
        target = sql.qualified(self.table.schema, self.table.name)
        for kind in kinds:
            said = [f"{sql.identifier(name)} = {sql.literal(value)}" for name, value in kind.items() if name in able]
            if said:
                yield from (f"{text}; UPDATE {target} SET {', '.join(said)}" for text in inserts)

    def _identifying(self, row: Row) -> list[tuple[str, str]]:
        names = [c.name for c in self.table.columns if (*self.table.key, c.name) in self.stage.survey.identities]
        return [(name, value) for name in names if (value := row.values.get(name)) is not None]

    def _kept(self, row: Row) -> tuple[Probe, ...]:
        """Return a query for how many rows name the same user. A trigger may put its writer's name into a row."""
        wanted = self._identifying(row)
        if not wanted:
            return ()
        return (counting(self.table, wanted),)

    def _stands(self, row: Row, found: Found) -> bool:
        """Return whether a row was stored as it was written, by how many rows there are of its kind now."""
        wanted, planted = self._identifying(row), self.stage.planted_rows.of(self.table).values()
        before = [one for one in planted if all(one.values.get(name) == value for name, value in wanted)]
        return int(found.rows[0][0] or 0) > len(before)
