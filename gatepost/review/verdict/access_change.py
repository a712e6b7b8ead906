"""One change of access, as a value: whose, to what, from what to what, and the statement that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal[
    "gains", "may gain", "breaks", "loses", "may lose", "no change seen", "equal (proved)"
]  # fmt: skip
"""What a review says of one caller, object and command. `may` stands for what could not be tried on one side."""
VERDICTS: tuple[Verdict, ...] = (
    "gains", "may gain", "breaks", "loses", "may lose", "no change seen", "equal (proved)"
)  # fmt: skip
"""The verdicts, the gravest first."""


@dataclass(frozen=True)
class AccessChange:
    """What changes for one class of callers.

    Args:
        verdict: What happens.
        role: The role of the callers: `anon`, `authenticated`, or one of the project's own.
        callers: The callers of that role for whom it was seen.
        object: The table, view or function, as `schema.name`.
        command: What they do with it: a command in lower case, `call`, or `public url`.
        before: What they could do, in a few words.
        after: What they can do.
        statement: The statement that shows it, as it is sent.
        session: Who sends it: the role with its token.
        row: A row that it is about, or the empty string.
        reason: Why it is no more than a possibility, or what a side said.
        columns: The columns of the rows that the change is about, where not all.
        through: What kind of object it is: a table, a view, a function …
        accepted: Why it is fine, where the project or the pull request says so.
        never: The rule of the project that forbids it.
        place: The file and line that define the object, where they are known.
        claims: The claims of the token, as JSON.
    """

    verdict: Verdict
    role: str
    callers: tuple[str, ...]
    object: str
    command: str
    before: str
    after: str
    statement: str = ""
    session: str = ""
    row: str = ""
    reason: str = ""
    columns: tuple[str, ...] = ()
    through: str = "table"
    accepted: str = ""
    never: str = ""
    place: str = ""
    claims: str = ""

    @property
    def fails(self) -> bool:
        """Return whether somebody gains, or may gain, and nobody accepted it."""
        return self.verdict in ("gains", "may gain") and (bool(self.never) or not self.accepted)

    @property
    def key(self) -> str:
        """The name under which it is accepted and declared."""
        return f"{self.verdict} {self.role} {self.command} on {self.object}"

    @property
    def order(self) -> tuple[int, str, str, str]:
        """The place in a list: the gravest first."""
        return (VERDICTS.index(self.verdict), self.object, self.command, self.role)

    @property
    def sentence(self) -> str:
        """The change in one sentence."""
        verbs = {
            "gains": "can now", "may gain": "may now be able to", "loses": "can no longer",
            "may lose": "may no longer be able to", "breaks": "gets an error where",
        }  # fmt: skip
        did = _DOES.get(self.command, self.command)
        if self.verdict == "breaks":
            return f"{self.role} gets an error on {did} {self.object}: {self.reason}"
        text = f"{self.role} {verbs[self.verdict]} {did} {self.object}: {self.before} → {self.after}"
        return f"{text} ({self.reason})" if self.reason else text


_DOES = {
    "select": "read", "insert": "add rows to", "update": "change rows of", "delete": "delete rows of",
    "truncate": "empty", "call": "call", "public url": "read by URL the files of",
}  # fmt: skip
