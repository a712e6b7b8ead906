"""Build the access matrix as plain values: table x persona x command, with the rows and the policies of each cell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gatepost.analysis.ways.untied_ways import UntiedWay
from gatepost.observation.attempt.doors.door import Door
from gatepost.observation.attempt.personas import as_sql, describe
from gatepost.observation.attempt.trial.outcome import Outcome
from gatepost.observation.attempt.trial.results import Cell, Observations
from gatepost.observation.attempt.trial.witness import in_force, shown
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.survey import Survey, TableKey, read_by
from gatepost.personas import NOBODY, Persona
from gatepost.schema import COMMANDS, Command, Policy, Table

Reach = Literal["all", "own", "some", "none", "unknown", "error"]
"""How much a persona can access: every planted row, only its own, some, or none. `unknown` where no trial showed the
policies' decision (nothing could be planted, it took too long, only the application's own code refused), and `error`
where every trial ended in an error of the policies. `unknown` and `error` never count as a pass."""
_WITNESSES = 3


@dataclass(frozen=True)
class MatrixCell:
    """How much a persona can access, how many of the planted rows that is, and the proof. One cell of the JSON.

    `outcome` is what the trials ended in, as `outcome.Outcome` lists them; `said` is the reason, where there is one;
    `own` counts those of the rows that are the persona's own.
    """

    reach: Reach
    rows: int
    of: int
    statement: str
    witnesses: tuple[str, ...]
    policies: tuple[str, ...]
    said: str
    outcome: Outcome
    own: int


def matrix(
    planted_rows: PlantedRows,
    record: Observations,
    personas: Sequence[Persona],
    declared: Iterable[tuple[str, str]],
    unmet: Mapping[tuple[str, str], Sequence[str]],
    ways: Mapping[tuple[str, str], Sequence[UntiedWay]],
) -> dict[str, object]:
    """Return the matrix in the form of the JSON.

    Args:
        planted_rows: The planted rows.
        record: The results.
        personas: The personas that tried.
        declared: The declared tables.
        unmet: The comparisons that no planted row meets, by table.
        ways: The ways in that depend on no caller and that no trial met, by table.
    """
    names = set(declared)
    shared = {table.key for table in planted_rows.survey.observed if _shared(planted_rows.survey, table)}
    people = [persona for persona in personas if not persona.traits.onlooker]
    return {
        "personas": [{"name": p.name, "role": p.role, "told": describe(p), "sql": as_sql(p)} for p in people],
        "tables": [
            {
                "table": str(table),
                "declared": table.key in names,
                "owned": table.key in planted_rows.survey.owned,
                "row_security": table.row_security.enabled,
                "planted": len(planted_rows.of(table)),
                "unmet": list(unmet.get(table.key, ())),
                "unmet_ways": [{"policy": str(way.policy), "condition": way.text} for way in ways.get(table.key, ())],
                "cells": {
                    persona.name: {
                        command: dict(vars(_cell(planted_rows, record, persona, table, command, shared)))
                        for command in COMMANDS
                    }
                    for persona in people
                },
            }
            for table in sorted(planted_rows.survey.observed, key=lambda table: table.key)
        ],
    }


def _shared(survey: Survey, table: Table) -> bool:
    """Return whether a colleague's rows are one's own, too: the policies check who belongs to a tenant."""
    held = any(key[:2] == table.key for key in survey.teams.values)
    return held or any(name in read_by(survey, table) for _, name in survey.teams.memberships)


def _cell(
    planted_rows: PlantedRows,
    record: Observations,
    persona: Persona,
    table: Table,
    command: Command,
    shared: Collection[TableKey],
) -> MatrixCell:
    """Return one cell of the matrix."""
    cell = record.cell(persona.name, table, command)
    rows = sorted(
        (row for row in planted_rows.of(table).values() if row.number in cell.rows),
        key=lambda row: (row.is_of(persona.row_set), row.number),
    )
    statement = next((s for key, s in cell.statements.items() if key in cell.rows), "")
    witnesses = [shown(row) for row in rows[:_WITNESSES]]
    if command == "insert":
        let_in = [name for name, ok in cell.inserts.items() if ok]
        statement = cell.statements.get(let_in[0], "") if let_in else ""
        witnesses = [
            f"{name}: {'let in' if ok else 'not known' if name in cell.doubtful else 'refused'}"
            for name, ok in cell.inserts.items()
        ]
    policies = tuple(_text(policy) for policy in in_force(table, persona.role, command))
    count = sum(cell.inserts.values()) if command == "insert" else len(cell.rows)
    of = len(cell.inserts) if command == "insert" else len(planted_rows.of(table))
    how_far = reach(planted_rows, persona, table, command, cell)
    mine = persona.row_set
    own = sum(row.is_of(mine) if table.key in shared else row.world == mine for row in rows)
    if command == "insert":
        own = int(cell.inserts.get("own", False))
    if mine == NOBODY:
        own = 0
    return MatrixCell(how_far, count, of, statement, tuple(witnesses), policies, cell.said, cell.outcome, own)


def _text(policy: Policy) -> str:
    clauses = (("using", policy.using), ("with check", policy.check))
    said = " ".join(f"{clause} {' '.join(text.split())}" for clause, text in clauses if text is not None)
    return f"{policy.name}{'' if policy.permissive else ' (restrictive)'}: {said}"


def reach(planted_rows: PlantedRows, persona: Persona, table: Table, command: Command, cell: Cell) -> Reach:
    """Return in one word how much a cell allows."""
    owned = table.key in planted_rows.survey.owned
    if cell.shuts_out(persona.role):
        return "none"
    if cell.outcome == "error":
        return "error"
    if not cell.known:
        return "unknown"
    if command == "insert":
        own, others = cell.inserts.get("own", False), cell.inserts.get("another's", not owned)
        return "all" if own and others else "own" if own else "some" if any(cell.inserts.values()) else "none"
    rows = planted_rows.of(table).values()
    if not cell.rows:
        return "none"
    if len(cell.rows) == len(rows) or (cell.tried is not None and cell.rows >= cell.tried):
        return "all"
    mine = {row.number for row in rows if row.is_of(persona.row_set)}
    return "own" if owned and cell.rows <= mine else "some"


def doors(found: Iterable[Door]) -> list[dict[str, object]]:
    """Return the results of the doors in the form of the JSON: one entry per door and persona, with its worst call."""
    worst: dict[tuple[str, str], Door] = {}
    for door in found:
        key = (door.name, door.persona.name)
        known = worst.get(key)
        if known is None or (len(door.leaked) + len(door.written), door.outcome == "done") > (
            len(known.leaked) + len(known.written),
            known.outcome == "done",
        ):
            worst[key] = door
    return [
        {
            "door": door.name,
            "kind": door.kind,
            "persona": door.persona.name,
            "outcome": door.outcome,
            "leaked": len(door.leaked),
            "written": len(door.written),
            "returned": door.returned,
            "statement": door.statement,
            "said": door.said,
        }
        for _, door in sorted(worst.items())
    ]
