"""Compare what a rule suspects with the access matrix: whether strangers were refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gatepost.check.subjects import Subject
from gatepost.finding import Result
from gatepost.observation.plant.users import ANN
from gatepost.rules import DecidedBy
from gatepost.schema import COMMANDS, Command, Policy, Table

STRANGERS = ("anon", "ann", "bob", "anonymous_sign_in", "self_claiming")
"""The personas who may reach nothing of somebody else's; `admin` may, by a claim that a backend gave."""


@dataclass(frozen=True)
class Tried:
    """What the trials say about a suspicion.

    Args:
        refuted: Whether everybody was refused.
        witness: The statement that confirms it, or the empty string.
        reason: Why they decide nothing, or the empty string.
    """

    refuted: bool = False
    witness: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Cells:
    """The matrix and the doors of an observation."""

    observed: Result

    @cached_property
    def _matrix(self) -> Any:  # noqa: ANN401  plain values, as they stand in the JSON
        return self.observed.sections.get("matrix") or {"personas": [], "tables": []}

    @cached_property
    def tables(self) -> Mapping[str, Any]:
        """The rows of the matrix by table."""
        return {table["table"]: table for table in self._matrix["tables"]}

    @cached_property
    def personas(self) -> tuple[Any, ...]:
        """Those who tried."""
        return tuple(self._matrix["personas"])

    @cached_property
    def _doors(self) -> Mapping[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        doors: Any = self.observed.sections.get("doors", ())
        for door in doors:
            found.setdefault(door["door"], []).append(door)
        return found

    def tried(self, subject: Subject, decided_by: DecidedBy) -> Tried:
        """Return what the trials say about a suspicion.

        Args:
            subject: What it is about.
            decided_by: What decides about its rule.
        """
        if subject.table is None:
            return self._of_door(subject)
        row = self.tables.get(str(subject.table))
        if row is None or not row["planted"]:
            return Tried(reason="no row could be planted in it, so nobody tried")
        personas = [p for p in self.personas if p["name"] in STRANGERS and _is_for(subject.policy, p["role"])]
        if not personas:
            return Tried(reason="no persona of the trial has a role that the policy is for")
        cells = [(p, command, row["cells"][p["name"]][command]) for p in personas for command in _sorted(subject)]
        for persona, command, cell in cells:
            confirms = decided_by == "trial" and self._confirms(subject, persona["role"], command, cell)
            if confirms and not self._by_rank(row, personas, persona["name"], command):
                shown = f" -- reaches {cell['witnesses'][0]}" if command != "insert" and cell["witnesses"] else ""
                return Tried(witness=f"{persona['told']}: {cell['statement']}{shown}")
        unknown = next((one for one in cells if one[2]["reach"] in ("unknown", "error")), None)
        if unknown is not None:
            persona, command, cell = unknown
            return Tried(reason=f"{command} as {persona['name']} decided nothing: {cell['said'] or cell['outcome']}")
        harmless = ("none", "own") if decided_by == "trial" else ("none",)
        beyond = next((one for one in cells if one[2]["reach"] not in harmless), None)
        unmet = self._unmet(subject) if beyond is None else ()
        if unmet:
            return Tried(reason=f"nobody got past it, and no planted row meets {unmet[0]}")
        if beyond is None and self._passed(row, subject):
            return Tried(refuted=True)
        if beyond is None:
            return Tried(reason="nobody got past it, not even with a row of their own; other rows may")
        persona, command, cell = beyond
        if decided_by == "witness":
            return Tried(reason="no trial succeeded, and other values than those that were tried may")
        whose = f"{command} as {persona['name']} reaches {cell['rows']} of {cell['of']}"
        return Tried(reason=f"{whose}; that it should not, no trial can say")

    def ends_in_errors(self, subject: Subject) -> str:
        """Return the error in which every trial of a suspicion ended, or the empty string where one did not."""
        row = self.tables.get(str(subject.table))
        personas = [p for p in self.personas if p["name"] in STRANGERS and _is_for(subject.policy, p["role"])]
        if row is None:
            return ""
        cells = [row["cells"][persona["name"]][command] for persona in personas for command in subject.commands]
        errors = [cell["said"] or cell["outcome"] for cell in cells if cell["reach"] == "error"]
        return errors[0] if errors and len(errors) == len(cells) else ""

    def _unmet(self, subject: Subject) -> tuple[str, ...]:
        """Return the comparisons of what a suspicion is about that no planted row meets."""
        policies = (
            [subject.policy] if subject.policy is not None else list(subject.table.policies if subject.table else ())
        )
        read = {f"{one.schema}.{one.name}" for policy in policies for one in policy.reads if one.kind == "relation"}
        read |= {str(subject.table)}
        ways = self.tables.get(str(subject.table), {}).get("unmet_ways", ())
        named = {str(policy) for policy in policies}
        return (
            *(f"{one['policy']}: {one['condition']}" for one in ways if one["policy"] in named),
            *(one for name in sorted(read) for one in self.tables.get(name, {}).get("unmet", ())),
        )

    def _passed(self, row: Any, subject: Subject) -> bool:  # noqa: ANN401  as above
        """Return whether somebody got a row past the policies: where nobody does, a refusal shows nothing."""
        return any(
            row["cells"][persona["name"]][command]["reach"] in ("own", "some", "all")
            for persona in self.personas
            if persona["role"] != "service_role"
            for command in subject.commands
        )

    def _of_door(self, subject: Subject) -> Tried:
        doors = [door for door in self._doors.get(subject.name, ()) if door["persona"] in STRANGERS]
        if not doors:
            return Tried(reason="nobody called it")
        refused = all(door["outcome"] in ("refused by privilege", "refused by policy") for door in doors)
        harmless = subject.name.endswith("()") and all(
            door["outcome"] == "done" and not door["leaked"] and not door["written"] for door in doors
        )
        returned = harmless and any(door["returned"] for door in doors)
        if refused or (returned and subject.ways < 2):
            return Tried(refuted=True)
        if returned:
            return Tried(reason=f"it gave nothing away by one of the {subject.ways} ways in which it returns rows")
        if harmless:
            return Tried(reason="it returned no row at all, and with other rows in its tables it may")
        return Tried(reason="no call gave anything away, and other arguments than those that were tried may")

    def _by_rank(self, row: Any, personas: Iterable[Any], name: str, command: Command) -> bool:  # noqa: ANN401
        """Return whether only the one with a rank got beyond her own rows: the others are refused what she may do."""
        others = [one for one in personas if one["name"] != ANN and one["role"] != "anon"]
        reached = {row["cells"][one["name"]][command]["reach"] for one in others}
        return name == ANN and bool(others) and reached <= {"none", "own"}

    def _confirms(self, subject: Subject, role: str, command: Command, cell: Any) -> bool:  # noqa: ANN401  as above
        """Return whether every planted row was reached, by this policy and no other."""
        if cell["reach"] != "all" or cell["of"] < 2 or subject.policy is None or subject.table is None:
            return False
        deciding = [p for p in subject.table.policies if p.command in (command, "all") and _is_for(p, role)]
        return deciding == [subject.policy]


def states(table: str, cells: Mapping[str, Any]) -> Iterator[tuple[str, Command, str, int]]:
    """Yield what every persona reaches of a table: its name, the command, the reach and how many of its own rows."""
    row = cells.get(table)
    for name, commands in (row["cells"] if row is not None else {}).items():
        for command in COMMANDS:
            yield name, command, commands[command]["reach"], commands[command]["own"]


def _is_for(policy: Policy | None, role: str) -> bool:
    return policy is None or bool({role, "public"} & set(policy.roles))


def _sorted(subject: Subject) -> list[Command]:
    return [command for command in COMMANDS if command in subject.commands]


def is_open(table: Table) -> bool:
    """Return whether a table's policies are not evaluated at all."""
    return not table.row_security.enabled
