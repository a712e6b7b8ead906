"""Classify the result of one statement by what PostgreSQL says: who refused it, or why nothing is known.

Row security, the privileges and the application's own code refuse in different places and with different words, and
only the first two are a verdict about access (https://www.postgresql.org/docs/17/errcodes-appendix.html). The context
of an error names the functions that it came through, and whether the innermost one raised it itself
(https://www.postgresql.org/docs/17/plpgsql-errors-and-messages.html).
"""

from __future__ import annotations

import re
from typing import Literal

from gatepost.observation.plant import canaries

Outcome = Literal[
    "done",
    "constraint",
    "impossible",
    "refused by policy",
    "refused by privilege",
    "refused by the application",
    "unfit value",
    "error",
    "cut off",
    "not tried",
]
"""How a statement ended.

`constraint` means that row security accepted it and a constraint stopped it, because PostgreSQL checks row security
first (https://www.postgresql.org/docs/17/ddl-rowsecurity.html). `impossible` is a write that the relation takes from
nobody. `refused by the application` is an exception that a trigger or a function raises. `unfit value` is an error
about a planted value, such as a text that a policy casts to a number. `cut off` took too long.
"""

SWALLOWED = ("refused by policy", "refused by the application", "constraint", "impossible")
"""Results of one statement after which another is tried, with other values or on other rows."""
UNKNOWN = ("unfit value", "cut off", "not tried")
"""Results after which the decision of the policies is not known."""

_FUNCTION = re.compile(r"^(?:PL/\w+|SQL) function ", re.MULTILINE)
_RAISED = re.compile(r"\A(?:PL/pgSQL function .* at (?:RAISE|ASSERT)$|PL/(?!pgSQL))", re.MULTILINE)
_OURS = re.compile(r"^PL/pgSQL function pg_temp\S*\.?gatepost_try", re.MULTILINE)


def outcome_of(statement: str, code: str, said: str, context: str) -> Outcome:
    """Return how a statement ended.

    Args:
        statement: The statement.
        code: The SQLSTATE, or the empty string where there was no error.
        said: PostgreSQL's message.
        context: The places that an error passed through, the innermost first.
    """
    if not code:
        return "done"
    if code == "57014":
        return "cut off"
    frames = _above(context, statement)
    inside = _FUNCTION.search(frames) is not None
    if code in ("P0001", "P0004") or _RAISED.search(frames):
        return "refused by the application"
    if code.startswith("23"):
        return "refused by the application" if inside else "constraint"
    if code in ("0A000", "428C9", "55000", "25006"):
        return "impossible"
    if code == "44000":  # the check option of a view
        return "refused by policy"
    if code == "42501":
        return _denied(statement, said, inside)
    if code.startswith("22") and next(canaries.found_in(said), None) is not None:
        return "unfit value"
    return "error"


def _denied(statement: str, said: str, inside: bool) -> Outcome:
    """Distinguish row security from privileges, and a statement's own error from those of what it triggers."""
    if "row-level security" in said:
        return "refused by the application" if inside else "refused by policy"
    words = said.split()
    target = words[-1].strip('"') if words else ""
    named = any(f'."{target}"' in part for part in statement.split())
    return "refused by privilege" if named else "error"


def _above(context: str, statement: str) -> str:
    """Return the part of a context that lies inside a statement, without our code that ran it."""
    inner = context.partition(f'SQL statement "{statement}"')[0]
    ours = _OURS.search(inner)
    return inner[: ours.start()] if ours else inner
