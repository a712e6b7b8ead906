"""One part that goes wrong is one thing that was not checked, with the reason, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gatepost.finding import NotChecked
from gatepost.observation.attempt.trial.statement import TrialSession

SLIPS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a mistake of ours about somebody's database ends in; a lost connection and an interrupt are none."""
_GONE = ("08", "57P")
"""The classes of errors after which there is no session any more."""


@contextmanager
def contained(stage: TrialSession, missing: list[NotChecked], what: str) -> Iterator[None]:
    """Note a mistake of ours, or an error of PostgreSQL that nobody expected, as not checked.

    What the block did in the database by then is rolled back.

    Args:
        stage: Where is tried.
        missing: Takes the note.
        what: What the block looks at.

    Raises:
        psycopg2.Error: the session is lost.
    """
    from psycopg2 import Error

    stage.execute("SAVEPOINT gatepost_contained")
    try:
        yield
    except SLIPS as slip:
        stage.recover("gatepost_contained")
        missing.append(slipped(what, slip))
    except Error as error:
        if error.pgcode is None or error.pgcode.startswith(_GONE):
            raise
        stage.recover("gatepost_contained")
        said = (error.diag.message_primary or str(error)).strip()
        missing.append(NotChecked(what, f"PostgreSQL stopped it: {said}", ours=True))
    else:
        stage.afterwards("RELEASE SAVEPOINT gatepost_contained; ")


def slipped(what: str, slip: Exception) -> NotChecked:
    """Return a mistake of ours as something that was not checked."""
    return NotChecked(what, f"this part of Gatepost failed: {type(slip).__name__}: {slip}", ours=True)
