"""What two sides do not have in common: every difference at once, each with the option that decides it."""

from __future__ import annotations

from dataclasses import dataclass

from gatepost.display import line
from gatepost.errors import TransferError
from gatepost.transfer.values import Plan


@dataclass(frozen=True, slots=True)
class Difference:
    """Something on one side only, and the option that decides it; an option that loses data says how much."""

    what: str
    fix: str


class SidesDiffer(TransferError):
    """The source and the target differ, and nobody decided what becomes of it; `plan` is how far the plan came."""

    def __init__(self, differences: tuple[Difference, ...], plan: Plan | None = None) -> None:
        # A fix of several lines is shown as it is, so no name may begin one.
        found = [Difference(line(one.what), line(one.fix)) for one in differences]
        self.plan = plan
        self.number = len(found)
        if len(found) == 1:
            super().__init__(found[0].what, found[0].fix)
            return
        width = max(len(one.fix.partition("  #")[0]) for one in found)
        lines = [f"{one.fix.partition('  #')[0]:<{width}}  # {one.what}" for one in found]
        super().__init__(
            f"the source and the target differ in {len(found)} places; each needs a decision",
            "\n  ".join([*lines, "or decide in a file: --write-mapping mapping.toml"]),
        )
