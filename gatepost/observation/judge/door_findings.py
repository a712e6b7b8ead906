"""What the doors gave away, as findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatepost import sql
from gatepost.declare.declaration import Declaration
from gatepost.finding import Finding, NotChecked
from gatepost.observation.attempt.doors.every_door import Door
from gatepost.observation.attempt.personas import ORDINARY, describe
from gatepost.observation.attempt.trial.witness import shown
from gatepost.observation.judge.door_severity import DoorSeverity
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.observation.plant.row_sets import RANKED

_VERBS = {
    "read": "can read rows of",
    "written": "can change rows of",
    "forged": "can insert rows in another user's name into",
}


def leaks(found: Iterable[Door], planted_rows: PlantedRows, declaration: Declaration | None) -> Iterator[Finding]:
    """Yield one finding for each door that leaks, and one for each that lets rows of others be written.

    Args:
        found: What came of the doors.
        planted_rows: What was planted.
        declaration: What was declared; what comes out of a table that is neither declared nor owned by anybody may be
            meant to.
    """
    by_door: dict[tuple[str, str], list[Door]] = {}
    for door in found:
        if door.persona.name not in (*ORDINARY, "anon"):
            continue  # who has a rank by a claim may be let through a door that asks for it
        if door.leaked:
            by_door.setdefault((door.name, "read"), []).append(door)
        if door.written:
            by_door.setdefault((door.name, "written"), []).append(door)
        if door.forged is not None:
            by_door.setdefault((door.name, "forged"), []).append(door)
    weight = DoorSeverity(planted_rows, declaration)
    for (name, how), doors in sorted(by_door.items()):
        if planted_rows.survey.statuses and all(door.persona.name in RANKED for door in doors):
            continue  # those whom a table gives a rank, which the door may ask for
        first = doors[0]
        rows = first.leaked if how == "read" else first.written or tuple(filter(None, [first.forged]))
        tables = ", ".join(dict.fromkeys(str(row.table) for row in rows))
        who = ", ".join(dict.fromkeys(door.persona.name for door in doors))
        verb = _VERBS[how]
        tail = f": {first.value[:200]}" if how == "read" else f" reaches {shown(rows[0])}" if how == "written" else ""
        yield Finding(
            "door-leaks" if how == "read" else "door-writes",
            weight.of(doors, how),
            name,
            f"{who} {verb} {tables} through the {first.kind} {name}, which row security keeps from them",
            fix=_fix(first),
            detail="insert" if how == "forged" else "",
            witness=f"{describe(first.persona)}: {first.statement}{tail}",
        )


def not_observed(found: Iterable[Door]) -> Iterator[NotChecked]:
    """Yield the doors that took too long."""
    cut = sorted({(door.name, door.said) for door in found if door.outcome == "cut off"})
    for name, said in cut:
        yield NotChecked(name, f"stopped: {said}", ours=True)


def _fix(door: Door) -> str:
    schema, _, name = door.name.partition(".")
    if door.kind == "view":
        return f"ALTER VIEW {sql.qualified(schema, name)} SET (security_invoker = true)"
    if door.kind in ("function", "procedure"):
        return f"REVOKE EXECUTE ON {door.kind.upper()} {door.name} FROM PUBLIC, anon, authenticated"
    if door.kind == "topic":
        return "ALTER POLICY … ON realtime.messages  -- hold realtime.topic() to what the user belongs to"
    if door.kind in ("materialized view", "table"):
        return f"REVOKE ALL ON {sql.qualified(schema, name)} FROM PUBLIC, anon, authenticated"
    return f"ALTER TABLE {sql.qualified(schema, name)} ENABLE ROW LEVEL SECURITY"
