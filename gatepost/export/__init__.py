"""Alembic revisions as `supabase/migrations/<timestamp>_<slug>.sql`, one file a revision.

The SQL is what `alembic upgrade head --sql` prints, so Alembic's own table of versions goes along: a database that was
migrated by the platform's command line can be migrated by Alembic afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from gatepost.errors import SettingsError
from gatepost.sources.undeployed import exported

_START = re.compile(r"^-- Running upgrade .*? -> (?P<revision>\S+)\n", re.MULTILINE)
_TRANSACTION = re.compile(r"^(?:BEGIN|COMMIT|SELECT pg_catalog\.pg_advisory_xact_lock\([^\n]*\));\n+", re.MULTILINE)
_HEADER = "-- The Alembic revision {revision}, written by gatepost export. Change the revision, and export again.\n\n"
_FIRST = datetime(2000, 1, 1)
_STEP = timedelta(seconds=1)


@dataclass(frozen=True)
class Revision:
    """What names a revision's file: its id, its message, and its date where its file says one."""

    id: str
    message: str
    created: datetime | None = None


@dataclass(frozen=True)
class Migration:
    """A file of `supabase/migrations/`."""

    name: str
    text: str


def migrations(revisions: Iterable[Revision], script: str, folder: Path) -> tuple[Migration, ...]:
    """Return the files of a history, the oldest first.

    A file that was exported before keeps its name. The others are named by the date of their revision, or by the
    second after the file before them, so that the order is the history's.

    Args:
        revisions: The revisions in the order in which they run.
        script: What `alembic upgrade head --sql` prints for them.
        folder: Where the files are, or will be.

    Raises:
        SettingsError: the script does not hold the revisions.
    """
    parts = _START.split(_without_transaction(script))
    steps = dict(zip(parts[1::2], parts[2::2], strict=True))
    known = {revision: path.name for path, revision in exported(folder)}
    found: list[Migration] = []
    last = _FIRST
    for revision in revisions:
        if revision.id not in steps:
            raise SettingsError(f'alembic prints no SQL for the revision "{revision.id}"', "alembic upgrade head --sql")
        moment = revision.created or last
        last = max(moment.replace(microsecond=0, tzinfo=None), last + _STEP)
        name = known.get(revision.id)
        if name is None:
            name = f"{last:%Y%m%d%H%M%S}_{_slug(revision.message)}.sql"
        else:
            last = datetime.strptime(name[:14], "%Y%m%d%H%M%S")
        before = parts[0] if not found else ""
        found.append(
            Migration(name, _HEADER.format(revision=revision.id) + f"{before}{steps[revision.id]}".strip() + "\n")
        )
    return tuple(found)


def stale(wanted: Iterable[Migration], folder: Path) -> list[str]:
    """Return what differs between the files that should be there and those that are, one line each."""
    wanted = tuple(wanted)
    names = {one.name for one in wanted}
    lines = []
    for one in wanted:
        path = folder / one.name
        if not path.is_file():
            lines.append(f"{one.name} is missing")
        elif path.read_text(encoding="utf-8") != one.text:
            lines.append(f"{one.name} differs from its revision")
    return lines + [f"{path.name} has no revision any more" for path, _ in exported(folder) if path.name not in names]


def _without_transaction(script: str) -> str:
    # Each file runs in a transaction of whoever runs it.
    return re.sub(r"\n{3,}", "\n\n", _TRANSACTION.sub("", script))


def _slug(message: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")[:60].rstrip("_") or "revision"
