"""Every caller opens the ways to rows beside the tables: views, functions, partitions. What comes out is read."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from gatepost import sql
from gatepost.observation.attempt.doors.callable_functions import Routine
from gatepost.observation.attempt.doors.function_arguments import Arguments
from gatepost.observation.attempt.trial.batch import Answer, Trial, Trying
from gatepost.observation.attempt.trial.probes import Found, Probe, places
from gatepost.observation.plant import canaries
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.personas import Persona
from gatepost.review.names import TableKey
from gatepost.review.trial.access import Opened, how_of, label_code
from gatepost.review.trial.candidates import candidates, changes_of
from gatepost.review.trial.side import TriedSide, as_caller, try_all
from gatepost.schema import Table, View, is_platform

_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_MOST = 1000
"""The most rows that are read from a door."""
_MOST_MIXED = 27
"""The most calls with arguments of different owners."""
_FIGURES = 4000
"""The longest result without any planted value that is compared as text."""


@dataclass
class Opening:
    """Opens doors as one caller."""

    side: TriedSide
    persona: Persona
    functions: Sequence[Routine]
    arguments: PlantedRows
    """The population, from which the arguments of functions are chosen: the same on both sides."""

    def open(self) -> Trying[None]:
        """Try every view, partition and function in scope."""
        live = self.side.stage.survey.live
        for view in live.views:
            if not is_platform(view.schema) and view.extension is None and self._in_scope(view.key):
                yield from self._view(view)
        for part in live.tables:
            if part.parents and (root := self._root(part)) is not None:
                yield from self._part(part, root)
        for function in self.functions:
            key = (function.schema, f"{function.name}({', '.join(function.types)})")
            if self.persona.role in function.roles and self._in_scope(key):
                yield from self._function(function)

    def _in_scope(self, key: tuple[str, str]) -> bool:
        return self.side.scope.all or key in self.side.scope.doors

    def _keep(self, door: str, call: str, opened: Opened) -> None:
        self.side.access.doors.setdefault((self.persona.name, door), {})[call] = opened

    def _view(self, view: View) -> Trying[None]:
        held = self.side.stage.privileges(self.persona.role).held
        kind = "view" if view.kind == "view" else "materialized view"
        target = sql.qualified(view.schema, view.name)
        if (*view.key, "select") in held:
            columns = held[*view.key, "select"]
            row = "gatepost_row::text" if columns is None else _joined(columns)
            plain = f"SELECT * FROM {target}" if columns is None else f"SELECT {sql.identifiers(columns)} FROM {target}"
            [answer] = yield [Trial(self.persona, "SELECT", (as_caller(_listed(row, target)),))]
            self._keep(str(view), "select", self._read(kind, plain, answer))
            yield from self._pushed_down(kind, view, target)
        yield from self._view_writes(kind, view, target)

    def _pushed_down(self, kind: str, view: View, target: str) -> Trying[None]:
        """Filter a view by a cast that fails, whose error shows a value that the view itself would hide."""
        words = [column.name for column in view.columns if canaries.is_word(column.type)][:4]
        statements = [f"SELECT FROM {target} WHERE {sql.identifier(name)}::int4 = 0" for name in words]
        answers = yield from try_all([Trial(self.persona, statement) for statement in statements])
        for statement, answer in zip(statements, answers, strict=True):
            cells = self.side.cells_in(answer.tried.said, statement)
            if cells:
                opened = Opened(kind, "allowed", statement, answer.tried.said, cells)
                self._keep(str(view), statement, opened)

    def _view_writes(self, kind: str, view: View, target: str) -> Trying[None]:
        """Add, change and delete rows through a view, with the values with which its table is tried, too."""
        held = self.side.stage.privileges(self.persona.role).held
        able = {one.lower() for one in view.updatable if (*view.key, one.lower()) in held}
        tables = [own for _, own in self.side.tables() if any(own.key == reference.key for reference in view.reads)]
        if not able or not tables:
            return
        statements: list[tuple[str, int | None]] = []
        if "delete" in able:
            statements.append((f"DELETE FROM {target}", None))
        joint = self._joint(tables[0]) if len(tables) == 1 else None
        if joint is not None:
            statements += self._like_the_table(view, target, joint, able)
        probes = tuple(places(own) for own in tables)
        answers = yield from try_all([Trial(self.persona, text, probes, keys_aside=True) for text, _ in statements])
        for (statement, code), answer in zip(statements, answers, strict=True):
            written, tried = self._changed(tables, answer), answer.tried
            how = how_of(tried)
            if code is not None:
                there = how == "allowed" and (tried.count > 0 or tried.outcome != "done")
                written = frozenset({(joint.key, code)}) if there and joint is not None else frozenset()
            self._keep(str(view), statement, Opened(kind, how, statement, tried.said, written=written))

    def _like_the_table(
        self, view: View, target: str, joint: Table, able: set[str]
    ) -> list[tuple[str, int | None]]:  # fmt: skip
        shown = [c.name for c in view.columns if joint.column(self.side.joint_column(joint, c.name)) is not None]
        found: list[tuple[str, int | None]] = []
        if "insert" in able:
            for label, row in candidates(self.side.population, self.persona, joint).items():
                values = {n: row.values[j] for n in shown if (j := self.side.joint_column(joint, n)) in row.values}
                listed = ", ".join(sql.literal(value) for value in values.values())
                text = f"INSERT INTO {target} ({sql.identifiers(values)}) VALUES ({listed})"
                found.append((text, label_code(label)))
        if "update" in able:
            for column in [c for c in joint.columns if self.side.own_column(joint, c.name) in shown]:
                for value in changes_of(self.side.population, self.persona, joint, column):
                    name = sql.identifier(self.side.own_column(joint, column.name))
                    text = f"UPDATE {target} SET {name} = {sql.literal(value)}"
                    found += [(text, None), (text + " ", label_code(f"{column.name} = {value}"))]
        return found

    def _part(self, part: Table, root: Table) -> Trying[None]:
        """Read and empty a partition, or a table that inherits, by its own name."""
        joint = self._joint(root)
        if joint is None or not (self.side.scope.all or {part.key, joint.key} & self.side.scope.tried):
            return
        target, held = sql.qualified(part.schema, part.name), self.side.stage.privileges(self.persona.role)
        if held.has(part.key, "select"):
            probe = Probe(f"SELECT array_agg(ARRAY[tableoid::int8::text, ctid::text]) FROM {target}", as_persona=True)
            columns = held.columns(part, "select")
            [answer] = yield [Trial(self.persona, "SELECT", (probe,))]
            found = answer.found[0] if answer.found else Found(answer.tried)
            known = self.side.rows(root)
            seen = [known[place] for oid, ctid in found.rows if (place := (int(oid or 0), str(ctid))) in known]
            cells = frozenset((joint.key, row.number, name) for row in seen for name in columns)
            plain = f"SELECT * FROM {target}"
            self._keep(str(part), "select", Opened("partition", how_of(found.tried), plain, found.tried.said, cells))
        if held.has(part.key, "delete"):
            statement = f"DELETE FROM {target}"
            [answer] = yield [Trial(self.persona, statement, (places(root),), keys_aside=True)]
            written = self._changed([root], answer)
            how = how_of(answer.tried)
            self._keep(str(part), "delete", Opened("partition", how, statement, answer.tried.said, written=written))

    def _function(self, function: Routine) -> Trying[None]:
        target = sql.qualified(function.schema, function.name)
        names, dynamic = self.side.population.survey.calls.reachable([function.body, f'"{function.name}"'])
        dynamic = dynamic or "execute" in names
        if dynamic:
            names |= frozenset(_WORD.findall(function.body))  # the SQL that it builds is in literals
        chooser = Arguments(self.arguments, self.persona.row_set, names, dynamic)
        tables = [own for _, own in self.side.tables() if dynamic or own.name in names]
        kind = "procedure" if function.procedure else "function"
        calls = list(chooser.choices(function.types, function.names))
        calls = list(dict.fromkeys([*calls, *self._compared(chooser, function)])) if calls else []
        wanted: list[Trial] = []
        for listed in calls:
            probes = tuple(places(own) for own in tables) if function.volatile else ()
            if function.procedure:
                wanted += [Trial(self.persona, f"CALL {target}({listed})", probes, call=True)]
            else:
                read = as_caller(_listed("gatepost_row::text", f"{target}({listed})"))
                wanted += [Trial(self.persona, "SELECT", (read,))]
                if function.volatile:
                    wanted += [Trial(self.persona, f"SELECT gatepost_row::text FROM {target}({listed}) gatepost_row",
                                     probes)]  # fmt: skip
        answers = iter((yield from try_all(wanted)))
        for listed in calls:
            opened = Opened(kind, "refused", f"SELECT * FROM {target}({listed})")
            if not function.procedure:
                opened = self._read(kind, opened.statement, next(answers))
            if function.procedure or function.volatile:
                answer = next(answers)
                written = (
                    self._changed(tables, answer) if opened.how == "allowed" or function.procedure else frozenset()
                )
                how = how_of(answer.tried) if function.procedure else opened.how
                statement = answer.tried.statement if function.procedure else opened.statement
                opened = Opened(kind, how, statement, opened.said or answer.tried.said, opened.cells, written,
                                opened.figures)  # fmt: skip
            self._keep(f"{function.schema}.{function.name}({', '.join(function.types)})", listed, opened)

    def _compared(self, chooser: Arguments, function: Routine) -> Iterator[str]:
        """Yield calls that mix one's own with somebody else's, and calls with values that conditions compare.

        Such a value is given where an argument is called like the column that it is compared with; the empty text, for
        which a search may return everything, for any text.
        """
        names = function.names if len(function.names) == len(function.types) else ("",) * len(function.types)
        pairs = list(zip(function.types, names, strict=True))
        usual = [[chooser.value(kind, called, way) for kind, called in pairs] for way in (0, 1)]
        pools = [chooser.pool(kind, called) for kind, called in pairs]
        several = itertools.product(*pools) if 1 < len(pairs) < 4 else ()
        yield from (_arguments(values, function.types) for values in itertools.islice(several, _MOST_MIXED))
        for at in range(len(pairs)) if 1 < len(pairs) < 5 else ():
            for way in (0, 1):
                yield _arguments([*usual[way][:at], usual[1 - way][at], *usual[way][at + 1 :]], function.types)
        survey = self.side.population.survey
        for at, (type_name, name) in enumerate(pairs):
            bare = name.removeprefix("p_").removeprefix("_").removeprefix("new_")
            values = dict.fromkeys(
                v for key, several in survey.clues.literals.items() if key[2] == bare for v in several
            )
            for value in ["", *list(values)[:4]] if canaries.is_word(survey.base_type(type_name)) else ():
                for way in (0, 1):
                    yield _arguments([*usual[way][:at], value, *usual[way][at + 1 :]], function.types)

    def _read(self, kind: str, statement: str, answer: Answer) -> Opened:
        found = answer.found[0] if answer.found else Found(answer.tried)
        text = "\n".join(str(row[0] or "") for row in found.rows)
        cells = self.side.cells_in(f"{text}\n{found.tried.said}", statement)
        figures = text if len(text) <= _FIGURES and not cells else ""
        return Opened(kind, how_of(found.tried), statement, found.tried.said, cells, figures=figures)

    def _changed(self, tables: Iterable[Table], answer: Answer) -> frozenset[tuple[TableKey, int]]:
        """Return the planted rows that a statement changed, and -1 for a row that it added."""
        written: set[tuple[TableKey, int]] = set()
        for own, found in zip(tables, answer.found, strict=False):
            joint = self._joint(own)
            if joint is None:
                continue
            planted, changed = self.side.rows(own), self.side.stage.left(own, found)
            written |= {(joint.key, row.number) for row in changed}
            if len(found.rows) > len(planted):
                written.add((joint.key, -1))
        return frozenset(written)

    def _joint(self, own: Table) -> Table | None:
        return self._joints.get(own.key)

    @cached_property
    def _joints(self) -> dict[TableKey, Table]:
        found = {}
        for joint in self.side.population.survey.tables:
            own = self.side.planting.own(joint.key)
            if own is not None:
                found[own.key] = joint
        return found

    def _root(self, part: Table) -> Table | None:
        """Return the table at the top of a partition's tree."""
        seen = {part.key}
        while part.parents and part.parents[0] not in seen:
            seen.add(part.parents[0])
            above = self.side.stage.survey.live.table(*part.parents[0])
            if above is None:
                return None
            part = above
        return part


def _arguments(values: Iterable[str | None], types: Iterable[str]) -> str:
    return ", ".join(f"{sql.literal(value)}::{kind}" for value, kind in zip(values, types, strict=True))


def _joined(columns: Iterable[str]) -> str:
    return f"concat_ws(',', {', '.join(f'gatepost_row.{sql.identifier(name)}::text' for name in columns)})"


def _listed(row: str, source: str) -> str:
    rows = f"SELECT {row} AS said FROM {source} gatepost_row LIMIT {_MOST}"
    return f"SELECT array_agg(ARRAY[said]) FROM ({rows}) gatepost_rows"
