"""A database's schema kept in a file: roles, memberships and buckets too, and no row. A clone is made from it later.

The same database gives the same file, byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gatepost.database.url import DatabaseUrl
from gatepost.errors import SourceError
from gatepost.finding import NotChecked
from gatepost.observation.clone.buckets import Bucket
from gatepost.observation.clone.roles import without_own_roles
from gatepost.observation.clone.schema import Kept, kept
from gatepost.schema import from_values, to_values

VERSION = 1
_KIND = "gatepost snapshot"
_CHANGING = re.compile(
    r"^(?:\\(?:un)?restrict .*|-- Dumped (?:from|by) .*|-- (?:Started|Completed) on .*)\n", re.MULTILINE
)
"""Lines of a dump that are different each time, or by the program's version."""


def taken(source: DatabaseUrl, missing: Iterable[NotChecked] = ()) -> Kept:
    """Read a database for a snapshot.

    Args:
        source: The database, which is only read.
        missing: What should be in the database and is not.

    Raises:
        DatabaseUnreachable: it cannot be read.
        LocalServerError: there is no `pg_dump` that can read it.
    """
    found = kept(source, buckets=True)
    live = without_own_roles(found.live)
    live = replace(live, tables=tuple(replace(table, rows=-1) for table in live.tables))
    return replace(found, live=live, dump=_CHANGING.sub("", found.dump), left_out=[*found.left_out, *missing])


def as_text(source: Kept) -> str:
    """Return a snapshot as the text of a file."""
    values = {
        "kind": _KIND,
        "version": VERSION,
        "schema": to_values(source.live),
        "owner": source.owner,
        "functions": source.functions,
        "needed": [[*key, sorted(names)] for key, names in sorted(source.needed.items())],
        "left_out": [[one.what, one.why, one.ours, one.covered_by] for one in sorted(source.left_out)],
        "buckets": [[bucket.name, bucket.public] for bucket in source.buckets],
        "dump": source.dump.splitlines(),
    }
    return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def is_snapshot(path: Path) -> bool:
    """Return whether a file says that it is a snapshot."""
    try:
        with path.open(encoding="utf-8") as file:
            return _KIND in file.read() if path.suffix == ".json" else False
    except (OSError, UnicodeDecodeError):
        return False


def read_snapshot(path: Path) -> Kept:
    """Read a snapshot.

    Raises:
        SourceError: the file cannot be read, is no snapshot, or is one of another version.
    """
    again = f"gatepost snapshot $DATABASE_URL --output {path}"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(f'"{path}" cannot be read: {error.strerror}') from None
    except (UnicodeDecodeError, ValueError) as error:
        raise SourceError(f'"{path}" is no snapshot: {error}', again) from None
    if not isinstance(values, dict) or values.get("kind") != _KIND:
        raise SourceError(f'"{path}" is no snapshot of gatepost', again)
    if values.get("version") != VERSION:
        raise SourceError(
            f'"{path}" is a snapshot of version "{values.get("version")}", and this reads {VERSION}', again
        )
    try:
        return _kept(values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(f'"{path}" is a damaged snapshot: {type(error).__name__}: {error}', again) from None


def _kept(values: Mapping[str, Any]) -> Kept:
    return Kept(
        live=from_values(values["schema"]),
        owner=str(values["owner"]),
        functions={str(name): str(text) for name, text in values["functions"].items()},
        needed={(str(schema), str(name)): frozenset(names) for schema, name, names in values["needed"]},
        left_out=[NotChecked(what, why, ours, covered) for what, why, ours, covered in values["left_out"]],
        dump="\n".join(values["dump"]) + "\n",
        buckets=tuple(Bucket(str(name), bool(public)) for name, public in values["buckets"]),
    )
