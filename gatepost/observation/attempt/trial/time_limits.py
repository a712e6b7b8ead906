"""Limit the time of slow statements: what took too long once is not run again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

SHORT = "500ms"
"""How long a statement may take after a few have taken too long: code that sleeps once sleeps often."""
_FEW = 2
_MOST = 20
"""How many kinds of statements may take too long, before nothing is run any more."""
_TARGET = re.compile(r'"(?:[^"]|"")*"\."(?:[^"]|"")*"')


@dataclass
class Patience:
    """Remembers which statements took too long, by role, command and table."""

    _lost: set[tuple[str, str, str]] = field(default_factory=set)

    @property
    def short(self) -> bool:
        """Whether so much has taken too long that the rest has less time."""
        return len(self._lost) >= _FEW

    def lose(self, role: str, statement: str) -> None:
        """Note that a role's statement took too long."""
        self._lost.add(_kind(role, statement))

    def is_out(self, role: str, statement: str) -> bool:
        """Return whether a role's statement is skipped, because a similar one took too long."""
        return bool(self._lost) and (len(self._lost) >= _MOST or _kind(role, statement) in self._lost)


def _kind(role: str, statement: str) -> tuple[str, str, str]:
    target = _TARGET.search(statement)
    reading = " WHERE " in statement or " RETURNING " in statement  # PostgreSQL checks the policies for SELECT as well
    return role, statement.partition(" ")[0] + " reading" * reading, target[0] if target else statement
