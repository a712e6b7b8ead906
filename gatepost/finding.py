"""The values that every check returns: findings, what was not checked, and the result that holds both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")

REPORT_VERSION = 1
"""The version of the JSON that every command prints; it is increased when a field changes its meaning or is removed."""


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
    """

    rule: str
    severity: Severity
    object: str
    message: str
    fix: str = ""
    detail: str = ""
    witness: str | None = None

    @property
    def key(self) -> str:
        """The stable name of the finding, for suppressions and baselines."""
        return f"{self.rule}:{self.object}" + (f":{self.detail}" if self.detail else "")

    @property
    def order(self) -> tuple[str, int, str]:
        """The position in a report: by object, the worst first."""
        return (self.object, SEVERITIES.index(self.severity), self.key)


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
        """Tell whether this alone makes a command exit 1, because nothing else covers what was not checked."""
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
        """Tell whether everything was checked and nothing of severity error or warning was found."""
        return not self.not_checked and not any(finding.severity != "info" for finding in self.findings)

    def count(self, severity: Severity) -> int:
        """Return how many findings have this severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def fails(self, threshold: Severity = "warning", *, strict: bool = False) -> bool:
        """Tell whether the command exits 1.

        Args:
            threshold: The lowest severity that fails.
            strict: Whether everything that was not checked fails, even if something else covers it.
        """
        bad = SEVERITIES[: SEVERITIES.index(threshold) + 1]
        unknown = any(strict or one.fails for one in self.not_checked)
        return unknown or any(finding.severity in bad for finding in self.findings)
