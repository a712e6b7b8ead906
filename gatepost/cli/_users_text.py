"""The text of `gatepost users`: how each column is used, and how many users can be created."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gatepost.display import line

if TYPE_CHECKING:
    from gatepost.transfer.users import Problem, There, UsersPlan

_VARYING = re.compile(r' ?[("]|;')
"""What begins the part of a reason that differs from user to user."""

_USES = {
    "id": "the id",
    "email": "the address",
    "phone": "the phone number, not confirmed",
    "password": "the password",
    "name": "user_metadata.name",
    "created_at": "the date of creation",
    "active": "whether the account may sign in",
    "blocked": "whether the account may sign in (no, where it is set)",
    "verified": "whether the address is confirmed",
    "metadata": "user_metadata, under its own name",
}


def columns_text(plan: UsersPlan) -> str:
    """Return how each column of the table is used, one per line."""
    uses = [(name, _USES[part]) for part, name in plan.columns.of]
    uses += [(question.column, "?") for question in plan.questions if question.column not in dict(uses)]
    values = {name: counted(number, "value") for name, number in plan.left}
    uses += [(name, f"ignored (--ignore-column): {values[name]}") for name in plan.columns.ignored]
    uses += [(name, f"not moved: {values[name]}") for name in plan.columns.passed_over]
    width = max(len(line(name)) for name, _ in uses)
    lines = [f"  {line(name):<{width}}  {use}" for name, use in uses]
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
    """Return the numbers of users who are created without a password, banned, unconfirmed or skipped."""
    found = [
        f"{plan.without_password:,} without a password",
        *([f"of them {plan.hashes_left:,} whose hash Auth does not accept"] if plan.hashes_left else []),
        *([f"{plan.banned:,} banned"] if plan.banned else []),
        *([f"{plan.unconfirmed:,} unconfirmed"] if plan.unconfirmed else []),
        *([f"{plan.without_address:,} with a phone number and no address"] if plan.without_address else []),
        *([f"{plan.skipped:,} inactive skipped"] if plan.skipped else []),
    ]
    return ", ".join(found)


def grouped(problems: Sequence[Problem]) -> list[str]:
    """Return what is wrong with how many users, a line each, the most frequent first."""
    found = Counter((problem.column, _VARYING.split(problem.reason)[0]) for problem in problems)
    return [f"{counted(number, 'user')}: {line(column)} {line(why)}" for (column, why), number in found.most_common()]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
