"""What a check says: findings, what was not checked, and the result that holds both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")

REPORT_VERSION = 1
"""The version of the JSON that every command prints; it is raised when a field changes its meaning or goes."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Args:
        rule: The rule's name, in kebab-case words.
        severity: `error`, `warning` or `info`.
        object: What it is about: `schema.table`, `schema.table.policy`, `schema.function(args)`.
        message: The consequence, in one sentence, in the user's own names.
        fix: The SQL or the command that mends it.
        detail: Tells apart two findings of one rule on one object; part of the key.
        witness: What was seen, where it was observed and not concluded.
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
        """The place in a report: by object, the worst first."""
        return (self.object, SEVERITIES.index(self.severity), self.key)


@dataclass(frozen=True, order=True)
class NotChecked:
    """Something that could not be checked; it is never counted as clean.

    Args:
        what: The table, policy or part of the database that was not checked.
        why: The reason, as one clause.
        ours: Whether a limit of Gatepost is the reason, and not something that the project or the caller lacks.
        covered_by: The other way by which the verdict about `what` stands all the same, or the empty string.
    """

    what: str
    why: str
    ours: bool = False
    covered_by: str = ""

    @property
    def fails(self) -> bool:
        """Tell whether this alone makes a command exit 1: no other way could judge what was not checked."""
        return not (self.ours and self.covered_by)


@dataclass(frozen=True)
class Result:
    """What a command found.

    Args:
        command: The command's name.
        target: What it looked at, without a password.
        findings: What is wrong, sorted by object.
        not_checked: What could not be looked at.
        summary: Figures about what was looked at, by name.
        sections: What only this command has to say, by the name that it has in the JSON.
    """

    command: str
    target: str
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    summary: Mapping[str, int | str | bool] = field(default_factory=dict)
    sections: Mapping[str, object] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Tell whether nothing of severity error or warning was found, and everything was looked at."""
        return not self.not_checked and not any(finding.severity != "info" for finding in self.findings)

    def count(self, severity: Severity) -> int:
        """Return how many findings have this severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def fails(self, threshold: Severity = "warning", *, strict: bool = False) -> bool:
        """Tell whether the command exits 1.

        Args:
            threshold: The lowest severity that fails.
            strict: Whether everything that was not checked fails, also where the verdict stands by another way.
        """
        bad = SEVERITIES[: SEVERITIES.index(threshold) + 1]
        unknown = any(strict or one.fails for one in self.not_checked)
        return unknown or any(finding.severity in bad for finding in self.findings)
