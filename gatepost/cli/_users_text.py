"""What `gatepost users` says: what becomes of each column, and how many users can be created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatepost.display import line

if TYPE_CHECKING:
    from gatepost.transfer.users import There, UsersPlan

_BECOMES = {
    "id": "the id",
    "email": "the address",
    "password": "the password",
    "name": "user_metadata.name",
    "created_at": "the date of creation",
    "active": "whether the account may sign in",
    "blocked": "whether the account may sign in (no, where it is set)",
    "verified": "whether the address is confirmed",
}


def columns_text(plan: UsersPlan) -> str:
    """Return what becomes of each column of the table, one a line."""
    told = [(name, _BECOMES[part]) for part, name in plan.columns.of]
    told += [(question.column, "?") for question in plan.questions if question.column not in dict(told)]
    told += [(name, "ignored, as asked") for name in plan.columns.ignored]
    told += [(name, "not moved") for name in plan.columns.passed_over]
    width = max(len(line(name)) for name, _ in told)
    lines = [f"  {line(name):<{width}}  {becomes}" for name, becomes in told]
    if plan.columns.one("verified") is None:
        lines.append("  no column says whether an address was verified: every address is created as confirmed")
    return "\n".join(lines)


def summary(plan: UsersPlan, there: There | None) -> str:
    """Return how many users can be created, in a sentence."""
    problems = len(plan.problems) + len(plan.questions) + (len(there.taken) if there else 0)
    new = len(plan.users) - (len(there.present) + len(there.taken) if there else 0)
    new = 0 if plan.questions else new
    what = f"{counted(problems, 'problem')}" if problems else made_so(plan)
    said = f"{new:,} of {counted(plan.rows, 'user')} can be created ({what})."
    if there is None:
        return f"{said} Pass --url to see which users already exist."
    return (
        f"{said} {len(there.present):,} already exist: {len(there.repairs):,} to be repaired,"
        f" {counted(len(there.differences), 'difference')}."
    )


def made_so(plan: UsersPlan) -> str:
    """Return what is special about the users of a plan."""
    found = [
        f"{plan.without_password:,} without a password",
        *([f"of them {plan.hashes_left:,} whose hash Auth does not take"] if plan.hashes_left else []),
        *([f"{plan.banned:,} banned"] if plan.banned else []),
        *([f"{plan.unconfirmed:,} unconfirmed"] if plan.unconfirmed else []),
        *([f"{plan.skipped:,} inactive left out"] if plan.skipped else []),
    ]
    return ", ".join(found)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
