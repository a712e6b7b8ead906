"""The ways to rows beside their tables: views, functions, partitions. A canary that comes out of one is a witness.

Nothing is assumed about a door. It is opened as each persona, and what comes out is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gatepost import sql
from gatepost.access.observation import canaries
from gatepost.access.observation.arguments import Arguments
from gatepost.access.observation.cast import ORDINARY, PLAIN_LIAR, world_of
from gatepost.access.observation.influence import Influence
from gatepost.access.observation.record import Escalation, Record
from gatepost.access.observation.trial import Outcome, Stage, Tried
from gatepost.access.observation.worlds import NOBODY, Row
from gatepost.access.personas import Persona
from gatepost.schema import Sequence as Sequence_
from gatepost.schema import Table, View, is_platform

_MOST = 1000
"""The most rows that are read from a door."""

_FUNCTIONS = """
SELECT p.oid, n.nspname, p.proname, oidvectortypes(p.proargtypes), p.prosrc, p.prosecdef,
       ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY a(t, place) ORDER BY place),
       coalesce(p.proargnames[1:p.pronargs], '{}')::text[], p.provolatile = 'v',
       ARRAY(SELECT r FROM unnest(%(roles)s::text[]) r
              WHERE has_schema_privilege(r, n.oid, 'USAGE') AND has_function_privilege(r, p.oid, 'EXECUTE'))
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE p.prokind = 'f' AND p.prorettype <> ALL ('{trigger,event_trigger,internal}'::regtype[])
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND p.prolang <> (
       SELECT oid FROM pg_language WHERE lanname = 'c')
   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass
                                               AND d.deptype = 'e')
 ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", 4
"""


@dataclass(frozen=True)
class Door:
    """One way in, tried by one persona.

    `leaked` are rows that came out though the persona may not see them, `written` those that it changed through the
    door though they are not its own.
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


@dataclass(frozen=True)
class Routine:
    """A function that can be called."""

    schema: str
    name: str
    types: tuple[str, ...]
    names: tuple[str, ...]
    body: str
    definer: bool
    volatile: bool
    roles: frozenset[str]

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}({', '.join(self.types)})"


@dataclass
class Doors:
    """Opens every door as every persona."""

    stage: Stage
    record: Record
    influence: Influence
    _functions: list[Routine] = field(default_factory=list)
    _rows: dict[tuple[int, int], Row] = field(default_factory=dict)

    def open(self, personas: Sequence[Persona]) -> Iterator[Door]:
        """Yield what came of every door.

        Args:
            personas: Who tries; the rows that each sees in the tables are in the record already.
        """
        self._functions = self._callable(sorted({persona.role for persona in personas}))
        views = [v for v in self.stage.ground.live.views if not is_platform(v.schema) and v.extension is None]
        for persona in personas:
            if persona.name == PLAIN_LIAR or persona.role == "service_role":
                continue
            with self.stage.being(persona):
                for view in views:
                    yield from self._view(persona, view)
                for table in self.stage.ground.live.tables:
                    if table.parents:
                        yield from self._part(persona, table)
                for sequence in self.stage.ground.live.sequences:
                    if not is_platform(sequence.schema) and _usable(sequence, persona.role):
                        name = sql.literal(sql.qualified(sequence.schema, sequence.name))
                        yield self._read(persona, "sequence", str(sequence), f"SELECT nextval({name})::text")
                for function in self._functions:
                    if persona.role in function.roles:
                        yield from self._call(persona, function)

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

    def _writes(self, view: View, command: str, target: str) -> Iterator[str]:
        if command == "delete":
            yield f"DELETE FROM {target}"
            return
        words = [c for c in view.columns if canaries.is_word(c.type)]
        for column in words[:3]:
            yield f"UPDATE {target} SET {sql.identifier(column.name)} = 'changed'"

    def _part(self, persona: Persona, part: Table) -> Iterator[Door]:
        """Read and empty a partition, or a table that inherits, by its own name."""
        root = self._root(part)
        if root is None:
            return
        held = self.stage.privileges(persona.role)
        target = sql.qualified(part.schema, part.name)
        if held.has(part.key, "select"):
            columns = held.columns(part, "select")
            listed = ", ".join(f"{sql.identifier(name)}::text" for name in columns)
            yield self._read(persona, "partition", str(part), f"SELECT concat_ws(',', {listed}) FROM {target}")
        if held.has(part.key, "delete"):
            yield self._written(persona, "partition", str(part), f"DELETE FROM {target}", [root])

    def _call(self, persona: Persona, function: Routine) -> Iterator[Door]:
        target = sql.qualified(function.schema, function.name)
        for listed in Arguments(self.stage.population, world_of(persona.name)).choices(function.types, function.names):
            statement = f"SELECT x::text FROM {target}({listed}) x LIMIT {_MOST}"
            yield self._read(persona, "function", str(function), statement, function)

    def _read(self, persona: Persona, kind: str, name: str, statement: str, function: Routine | None = None) -> Door:
        with self.stage.attempt(statement) as tried:
            text = ""
            if tried.outcome == "done":
                text = "\n".join(row[0] or "" for row in self.stage.cursor.fetchall())
            leaked = self._leaks(persona, text + tried.said)
            written: tuple[Row, ...] = ()
            if function is not None and function.volatile and tried.outcome == "done":
                written = self._after_call(persona, function, tried)
        value = next((line for line in text.splitlines() if leaked and self._leaks(persona, line)), tried.said)
        return Door(
            persona, kind, name, statement, tried.outcome, tried.said, tuple(leaked), value if leaked else "", written
        )  # fmt: skip

    def _after_call(self, persona: Persona, function: Routine, tried: Tried) -> tuple[Row, ...]:
        """Look at what a function did: rows of others that it changed, and that came into sight."""
        names, dynamic = self.stage.ground.calls.reachable([function.body])
        tables = [t for t in self.stage.ground.observed if dynamic or t.name in names]
        written = tuple(row for table in tables for row in self._foreign(persona, table))
        if persona.name in (*ORDINARY, "anon"):
            for table in dict.fromkeys(t.key for one in tables for t in self.influence.touched(one)):
                live = self.stage.ground.live.table(*table)
                if live is not None:
                    self._escalation(persona, live, function, tried)
        return written

    def _escalation(self, persona: Persona, table: Table, function: Routine, tried: Tried) -> None:
        seen = self.stage.look(table)
        new = seen.rows - self.record.sees(persona.name, table.key)
        others = tuple(
            row
            for row in self.stage.population.of(table).values()
            if row.number in new and row.world != world_of(persona.name)
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
        """Return the changed rows of a table that are another's and that the persona cannot change there itself."""
        reached = self.record.cell(persona.name, table, "update").rows
        reached |= self.record.cell(persona.name, table, "delete").rows
        owned = table.key in self.stage.ground.owned
        mine = (world_of(persona.name), *((NOBODY,) if owned else ()))
        return [row for row in self.stage.changed(table) if row.world not in mine and row.number not in reached]

    def _leaks(self, persona: Persona, text: str) -> list[Row]:
        """Return the rows whose canaries are in a text though the persona may not see them."""
        if not text:
            return []
        held = self.stage.privileges(persona.role)
        found: dict[Any, Row] = {}
        for canary in canaries.found_in(text):
            row = self._planted.get((canary.table, canary.row))
            if row is None or row.world == world_of(persona.name) or canary.column >= len(row.table.columns):
                continue
            visible = row.number in self.record.sees(persona.name, row.table.key)
            readable = row.table.columns[canary.column].name in held.columns(row.table, "select")
            if not (visible and readable):
                found[row.key] = row
        return list(found.values())

    @property
    def _planted(self) -> dict[tuple[int, int], Row]:
        if not self._rows:
            for key, rows in self.stage.population.rows.items():
                number = self.stage.ground.numbers[key]
                self._rows |= {(number, row.number): row for row in rows.values()}
        return self._rows

    def _root(self, part: Table) -> Table | None:
        """Return the table at the top of a partition's tree."""
        seen = {part.key}
        while part.parents and part.parents[0] not in seen:
            seen.add(part.parents[0])
            above = self.stage.ground.live.table(*part.parents[0])
            if above is None:
                return None
            part = above
        return part if part.key in self.stage.ground.numbers else None

    def _table(self, schema: str, name: str) -> Table | None:
        found = self.stage.ground.live.table(schema, name)
        return found if found is not None and found.key in self.stage.ground.numbers else None

    def _callable(self, roles: Sequence[str]) -> list[Routine]:
        self.stage.cursor.execute(_FUNCTIONS, {"roles": list(roles)})
        return [
            Routine(schema, name, tuple(types), tuple(names), body, definer, volatile, frozenset(may))
            for _, schema, name, _, body, definer, types, names, volatile, may in self.stage.cursor.fetchall()
            if not is_platform(schema)
        ]


def _usable(sequence: Sequence_, role: str) -> bool:
    return any(g.grantee in (role, "public") and g.privilege in ("USAGE", "UPDATE") for g in sequence.grants)
