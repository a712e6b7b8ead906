"""The answers of the doctor as values: a topic, a status, a message and a fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gatepost.finding import Finding, NotChecked, Result

Status = Literal["ok", "warning", "error", "unknown"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question: what was seen and, if something is wrong, what to do about it.

    `topic` is a word or a few ("TLS", "locks"); `unknown` means that it could not be checked from here, never that it
    is well.
    """

    topic: str
    status: Status
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Every answer about one database."""

    command: str
    target: str
    answers: tuple[Answer, ...]

    @property
    def ok(self) -> bool:
        """Whether no answer is an error; warnings and unknowns are reported and do not fail."""
        return all(answer.status != "error" for answer in self.answers)

    def count(self, status: Status) -> int:
        """Return how many answers have this status."""
        return sum(answer.status == status for answer in self.answers)

    @property
    def result(self) -> Result:
        """The report as a result in the common JSON format, with all answers beside the findings."""
        findings = [
            Finding(
                rule=answer.topic.lower().replace(" ", "-"),
                severity="error" if answer.status == "error" else "warning",
                object=self.target,
                message=answer.message,
                fix=answer.fix,
                detail=str(place) if self._repeated(answer.topic) else "",
            )
            for place, answer in enumerate(self.answers)
            if answer.status in ("error", "warning")
        ]
        return Result(
            command=self.command,
            target=self.target,
            findings=tuple(findings),
            not_checked=tuple(
                NotChecked(answer.topic, answer.message) for answer in self.answers if answer.status == "unknown"
            ),
            summary={status: self.count(status) for status in ("ok", "warning", "error", "unknown")},
            sections={
                "answers": [
                    {"topic": a.topic, "status": a.status, "message": a.message, "fix": a.fix} for a in self.answers
                ]
            },
        )

    def _repeated(self, topic: str) -> bool:
        return sum(answer.topic == topic for answer in self.answers) > 1
