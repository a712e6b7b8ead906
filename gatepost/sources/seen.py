"""What of a source is not in the database that was made of it, or is there in another form."""

from __future__ import annotations

from collections.abc import Iterable

from gatepost.finding import NotChecked
from gatepost.sources.causes import Cause, places


def of_causes(found: Iterable[Cause]) -> list[NotChecked]:
    """Return each statement that failed, with those that follow from it."""
    return [_of_cause(cause) for cause in found]


def _of_cause(cause: Cause) -> NotChecked:
    failure = cause.failure
    if failure.platform:
        covered = "a hosted project refuses it too"
        return NotChecked(failure.place, f"refused: {failure.message}", ours=True, covered_by=covered)
    follow = ""
    if cause.followers:
        many = len(cause.followers)
        follow = f"; {many} statement{'s' if many > 1 else ''} that need{'' if many > 1 else 's'} it fail too: "
        follow += places(cause.followers)
    return NotChecked(failure.place, f"failed: {failure.message}{follow}")
