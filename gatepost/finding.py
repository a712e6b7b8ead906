"""The values that every check returns: findings, what was not checked, and the result that holds both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")

Verdict = Literal["proved", "witnessed", "suspected"]
FixTrial = Literal["passed", "failed", "not tried"]

REPORT_VERSION = 1
"""The version of the JSON that every command prints; it is increased when a field changes its meaning or is removed."""


_VISITOR = re.compile(r"\banon\b|\banybody\b|without signing in")
_WRITES = re.compile(r"\b(?:change|remove|delete|insert|add rows|INSERT|UPDATE|DELETE)\b")


Plain = str | int | float | bool | None
Values = tuple[tuple[str, Plain], ...]


@dataclass(frozen=True)
class Candidate:
    """Values by which something comes true, as far as the conditions were followed. PostgreSQL has to confirm them.

    Args:
        session: The session's values by what reads them: `auth.uid()`, `claim app_metadata.role`.
        row: The row's values by column, where the condition reads them.
        others: Rows that must be in other tables, each with the table's name.
        assumed: What was assumed of something that could not be followed or computed.
    """

    session: Values = ()
    row: Values = ()
    others: tuple[tuple[str, Values], ...] = ()
    assumed: tuple[str, ...] = ()

    def __str__(self) -> str:
        pieces = [f"{name} = {_shown(value)}" for name, value in self.session]
        if self.row:
            pieces.append("a row with " + ", ".join(f"{name} = {_shown(value)}" for name, value in self.row))
        for table, values in self.others:
            known = ", ".join(f"{name} = {_shown(value)}" for name, value in values)
            pieces.append(f'a row in "{table}"' + (f" with {known}" if known else ""))
        return "; ".join(pieces) or "any caller and any row"


@dataclass(frozen=True)
class Finding:
    """One problem.

    Args:
        rule: The rule's name, in kebab-case words.
        severity: `error`, `warning` or `info`.
        object: The object of the problem: `schema.table`, `schema.table.policy`, `schema.function(args)`.
        message: The consequence, in one sentence, in the user's own names.
        fix: The SQL or the command that fixes it.
        detail: Distinguishes two findings of one rule on one object. Part of the key.
        witness: The statement that shows the problem, if it was observed by trying.
        verdict: `proved` by the catalog, `witnessed` on a clone, or `suspected`; None where the command has no clone.
        reason: Why it is no more than suspected.
        consequences: What the same cause leads to.
        fix_trial: What came of the fix on the clone; a fix that did not pass is not in `fix`.
        decide: What somebody has to decide, where no fix passed.
        place: The file and line of what caused it, as `path:line`, where they are known.
        candidate: Values by which a suspicion comes true, to be tried.
    """

    rule: str
    severity: Severity
    object: str
    message: str
    fix: str = ""
    detail: str = ""
    witness: str | None = None
    verdict: Verdict | None = None
    reason: str = ""
    consequences: tuple[Finding, ...] = ()
    fix_trial: FixTrial | None = None
    decide: str = ""
    place: str = ""
    candidate: Candidate | None = None

    @property
    def key(self) -> str:
        """The stable name of the finding, for suppressions and baselines."""
        return f"{self.rule}:{self.object}" + (f":{self.detail}" if self.detail else "")

    @property
    def order(self) -> tuple[str, int, str]:
        """The place in a list for programs: by object, the worst first."""
        return (self.object, SEVERITIES.index(self.severity), self.key)

    @property
    def harm(self) -> tuple[int, int, int, int, str]:
        """The place in a report for people: the worst first.

        Errors come before warnings; then what a visitor can do who has not signed in, what writes, and what leads to
        most.
        """
        text = " ".join(one.message for one in (self, *self.consequences))
        visitor = _VISITOR.search(text) is not None
        writes = _WRITES.search(text) is not None
        return (SEVERITIES.index(self.severity), not visitor, not writes, -len(self.consequences), self.key)


@dataclass(frozen=True, order=True)
class NotChecked:
    """Something that could not be checked. It never counts as a pass.

    Args:
        what: The table, policy or part of the database that was not checked.
        why: The reason, as one clause.
        ours: Whether the reason is a limit of Gatepost and not something that the project or the caller lacks.
        covered_by: Another way by which the verdict about `what` stands, or the empty string.
    """

    what: str
    why: str
    ours: bool = False
    covered_by: str = ""

    @property
    def fails(self) -> bool:
        """Return whether this alone makes a command exit 1, because nothing else covers what was not checked."""
        return not (self.ours and self.covered_by)


@dataclass(frozen=True)
class Result:
    """The result of a command.

    Args:
        command: The command's name.
        target: What it checked, without a password.
        findings: The problems, sorted by object.
        not_checked: What could not be checked.
        summary: Figures about what was checked, by name.
        sections: The results that only this command has, by their names in the JSON.
    """

    command: str
    target: str
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    summary: Mapping[str, int | str | bool] = field(default_factory=dict)
    sections: Mapping[str, object] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Return whether everything was checked and nothing of severity error or warning was found."""
        return not self.not_checked and not any(finding.severity != "info" for finding in self.findings)

    def count(self, severity: Severity) -> int:
        """Return how many findings have this severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def fails(self, threshold: Severity = "warning", *, strict: bool = False) -> bool:
        """Return whether the command exits 1.

        Args:
            threshold: The lowest severity that fails.
            strict: Whether everything that was not checked fails, even if something else covers it.
        """
        bad = SEVERITIES[: SEVERITIES.index(threshold) + 1]
        unknown = any(strict or one.fails for one in self.not_checked)
        return unknown or any(finding.severity in bad for finding in self.findings)


@dataclass(frozen=True)
class TableStates:
    """Which tables are fine, which have an error or a warning, and which were not checked, each sorted as given."""

    fine: tuple[str, ...]
    open: tuple[str, ...]
    not_checked: tuple[str, ...]


def _shown(value: Plain) -> str:
    return "NULL" if value is None else repr(value) if isinstance(value, str) else str(value).lower()


def table_states(names: Iterable[str], findings: Iterable[Finding], not_checked: Iterable[NotChecked]) -> TableStates:
    """Sort tables by what was found about them, their policies, and what follows from it.

    Args:
        names: The tables, as reports write them.
        findings: What was found.
        not_checked: What was not checked.
    """
    tables = tuple(names)
    bad = {
        one.object
        for finding in findings
        for one in (finding, *finding.consequences)
        if finding.severity != "info" and one.severity != "info"
    }
    unknown = {one.what for one in not_checked if not one.covered_by}
    opened = _named(tables, bad)
    unseen = _named(tables, unknown) - opened
    return TableStates(
        tuple(name for name in tables if name not in opened | unseen),
        tuple(name for name in tables if name in opened),
        tuple(name for name in tables if name in unseen),
    )


def _named(tables: Iterable[str], texts: Iterable[str]) -> set[str]:
    """Return the tables that texts are about: a table itself, its policy, or what follows its name and a colon."""
    prefixes = {
        text[:end]
        for text in texts
        for end in (*(place for place, sign in enumerate(text) if sign in ".:"), len(text))
    }  # fmt: skip
    return {name for name in tables if name in prefixes}
