"""Turn a failure in one part of the observation into a "not checked" entry, so that the rest continues."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gatepost.finding import NotChecked
from gatepost.observation.attempt.trial.statement import TrialSession

SLIPS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""The exceptions that a bug of ours raises on an unusual database. A lost connection or an interrupt is not one."""
_GONE = ("08", "57P")
"""The classes of errors after which the session has ended."""


@contextmanager
def contained(stage: TrialSession, missing: list[NotChecked], what: str) -> Iterator[None]:
    """Record a bug of ours, or an unexpected error of PostgreSQL, as not checked.

    What the block changed in the database until then is rolled back.

    Args:
        stage: The session of the trials.
        missing: Receives the entry.
        what: What the block checks.

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
    """Return a bug of ours as something that was not checked."""
    return NotChecked(what, f"this part of Gatepost failed: {type(slip).__name__}: {slip}", ours=True)
