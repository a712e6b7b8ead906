"""The results of all trials, as values: one cell for each persona, table and command, and the effects of writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gatepost.finding import NotChecked
from gatepost.observation.attempt.trial.outcome import UNKNOWN, Outcome
from gatepost.observation.plant.added_rows import FormerMember
from gatepost.observation.plant.row import Row
from gatepost.personas import Persona
from gatepost.schema import Command, Table

TableKey = tuple[str, str]
CellKey = tuple[str, TableKey, Command]
"""The persona's name, the table and the command."""


@dataclass(frozen=True)
class Cell:
    """What one persona could read or write in one table with one command.

    `rows` are the planted rows that it read, changed or deleted. For an INSERT, `inserts` says for each candidate
    whether row security accepted it, and `doubtful` names those that the application's code refused before row security
    was checked. `statements` holds the statement that affected each row or candidate. `tried` are the rows that were
    tried, where not all were. `certain` says that no other value changes a refusal by the application's code. `refused`
    are statements as clients phrase them that the policies refuse, although they accept a plain one, by their kind.
    """

    rows: frozenset[int] = frozenset()
    inserts: Mapping[str, bool] = field(default_factory=dict)
    candidates: Mapping[str, Row] = field(default_factory=dict)
    statements: Mapping[int | str, str] = field(default_factory=dict)
    outcome: Outcome = "done"
    said: str = ""
    tried: frozenset[int] | None = None
    code: str = ""
    doubtful: frozenset[str] = frozenset()
    certain: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)

    def shuts_out(self, role: str) -> bool:
        """Return whether an error keeps a role out completely: a visitor may not even be allowed to call a helper."""
        return self.outcome == "error" and self.code == "42501" and role == "anon"

    @property
    def known(self) -> bool:
        """Return whether the decision of the policies is known. An error is not a decision."""
        if self.outcome == "refused by the application":
            return self.certain
        return self.outcome not in (*UNKNOWN, "error") and not (self.doubtful and not any(self.inserts.values()))


@dataclass(frozen=True)
class Escalation:
    """Rows of others that became visible after a write of one's own to a table, or a call of a function.

    `hung_on` says that what was written refers to rows of a stranger, `power` that no row became visible but more rows
    can be changed.
    """

    persona: Persona
    write: str
    written: str
    look: str
    rows: tuple[Row, ...]
    hung_on: bool = False
    power: bool = False


@dataclass(frozen=True)
class Crossing:
    """A row of one's own, or a new one, that was moved among somebody else's rows.

    `unfiltered` says that only a statement without a filter does it: with one, the new row must be visible, too.
    """

    persona: Persona
    table: Table
    write: str
    column: str
    world: str
    unfiltered: bool = False


@dataclass(frozen=True)
class Promotion:
    """A rank in a tenant that a member gave to itself or to another account, or took from another.

    `rank` is the member's own, or empty for the teammate, who has the lowest. `taken` is the column by which it made
    itself the owner of the tenant.
    """

    persona: Persona
    table: Table
    effect: str
    command: Command
    write: str
    rank: str = ""
    taken: str = ""


@dataclass(frozen=True)
class FormerAccess:
    """What somebody could still do in a table whose membership in ann's tenant is over or has not begun.

    `rows` are the planted rows that it read. An INSERT that was accepted has none.
    """

    persona: Persona
    member: FormerMember
    table: Table
    command: Command
    statement: str
    rows: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Approval:
    """A column of a row of one's own that could be set, to a value that somebody else has to give."""

    persona: Persona
    table: Table
    column: str
    value: str
    write: str


@dataclass
class Observations:
    """The results of all trials.

    `lies` are rows that a user saw because of what they wrote about themselves at sign-up. `missing` lists what failed,
    so that a part was not tried.
    """

    cells: dict[CellKey, Cell] = field(default_factory=dict)
    escalations: list[Escalation] = field(default_factory=list)
    lies: list[Escalation] = field(default_factory=list)
    crossings: list[Crossing] = field(default_factory=list)
    promotions: list[Promotion] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    former: list[FormerAccess] = field(default_factory=list)
    powers: list[Approval] = field(default_factory=list)
    missing: list[NotChecked] = field(default_factory=list)
    _names: dict[int, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def readers(self, table: TableKey) -> dict[str, Cell]:
        """Return what each caller of the API saw of a table, by its name."""
        if len(self.cells) not in self._names:  # a table has a cell of each, so their names are few and are kept
            self._names.clear()
            self._names[len(self.cells)] = tuple(dict.fromkeys(name for name, _, _ in self.cells))
        found = {name: self.cells.get((name, table, "select")) for name in self._names[len(self.cells)]}
        return {name: cell for name, cell in found.items() if cell is not None and name != "service_role"}

    def cell(self, persona: str, table: Table, command: Command) -> Cell:
        """Return a cell. Nothing is known about one that was never tried."""
        return self.cells.get((persona, table.key, command), Cell(outcome="not tried", said="was not tried"))

    def sees(self, persona: str, table: TableKey) -> frozenset[int]:
        """Return the planted rows of a table that a persona sees."""
        return self.cells.get((persona, table, "select"), Cell()).rows
