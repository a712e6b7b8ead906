"""Turn what came out of doors into findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatepost import sql
from gatepost.declare.declaration import Declaration
from gatepost.finding import Finding, NotChecked
from gatepost.observation.attempt.doors.door import Door
from gatepost.observation.attempt.personas import describe
from gatepost.observation.attempt.trial.witness import shown
from gatepost.observation.judge.doors.door_severity import DoorSeverity
from gatepost.observation.plant.insert_rows import PlantedRows
from gatepost.personas import NOBODY

_VERBS = {
    "read": "can read",
    "written": "can change",
    "forged": "can insert rows in another user's name into",
}


def leaks(found: Iterable[Door], planted_rows: PlantedRows, declaration: Declaration | None) -> Iterator[Finding]:
    """Yield one finding for each door that leaks rows, and one for each that lets somebody write rows of others.

    Args:
        found: The results of the doors.
        planted_rows: The planted rows.
        declaration: The project's declaration. A door to a table that is neither declared nor owned by anybody may be
            intended.
    """
    found = list(found)
    yield from _ranks(found, planted_rows)
    by_door: dict[tuple[str, str], list[Door]] = {}
    for door in found:
        if not door.persona.watched:
            continue  # a door may check the rank that another persona has by a claim
        if door.leaked:
            by_door.setdefault((door.name, "read"), []).append(door)
        if door.written:
            by_door.setdefault((door.name, "written"), []).append(door)
        if door.forged is not None:
            by_door.setdefault((door.name, "forged"), []).append(door)
    weight = DoorSeverity(planted_rows, declaration)
    for (name, how), doors in sorted(by_door.items()):
        if planted_rows.survey.statuses and all(door.persona.traits.ranked for door in doors):
            continue  # a table gives them a rank, and the door may check it
        first = doors[0]
        rows = first.leaked if how == "read" else first.written or tuple(filter(None, [first.forged]))
        tables = ", ".join(dict.fromkeys(str(row.table) for row in rows))
        verb = f"{_VERBS[how]} {tables}" if how == "forged" else f"{_VERBS[how]} other users' rows in {tables}"
        who = ", ".join(dict.fromkeys(door.persona.name for door in doors))
        tail = (
            f" -- returns {first.value[:200]}"
            if how == "read"
            else f" -- changes {shown(rows[0])}"
            if how == "written"
            else ""
        )
        yield Finding(
            "door-leaks" if how == "read" else "door-writes",
            weight.of(doors, how),
            name,
            f"{who} {verb} through the {first.kind} {name}, although row security protects them",
            fix=_fix(first),
            detail="insert" if how == "forged" else "",
            witness=f"{describe(first.persona)}: {first.statement}{tail}",
        )


def _ranks(found: Iterable[Door], planted_rows: PlantedRows) -> Iterator[Finding]:
    """Yield the functions by which a teammate without a rank changed the membership of another."""
    ranks = {column[:2] for column in planted_rows.survey.teams.ranks}
    seen: set[str] = set()
    for door in found:
        rows = [row for row in door.written if row.table.key in ranks and row.world != NOBODY]
        if not door.persona.traits.teammate or not rows or door.name in seen:
            continue
        seen.add(door.name)
        yield Finding(
            "rank-taken",
            "error",
            door.name,
            f"a member without a rank can change who has which rank in {rows[0].table} through the {door.kind} "
            f"{door.name}",
            fix="the function must ask for the rank of its caller",
            detail="call",
            witness=f"{describe(door.persona)}: {door.statement} -- changes {shown(rows[0])}",
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
