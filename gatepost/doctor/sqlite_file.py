"""Check the old SQLite file: whether its rows arrived, and whether a copy of it exists. It is only read."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Mapping, Set
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.database.reading import reading
from gatepost.doctor.answer import Answer
from gatepost.doctor.session import rows
from gatepost.errors import DatabaseUnreachable, SettingsError
from gatepost.sql import identifier, qualified

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

PATIENCE = "1min"
"""The time limit for counting the rows of one table."""

_BESIDE = ("-wal", "-shm", "-journal")
"""SQLite's own files beside a database (https://www.sqlite.org/tempfiles.html), which are no copies of it."""


def counts(file: Path) -> dict[str, int]:
    """Return the rows of every table of a SQLite file, without Alembic's.

    Raises:
        SettingsError: the file does not exist, is not a SQLite database, or is damaged.
    """
    if not file.is_file():
        raise SettingsError(f'there is no file "{file}"', "name the SQLite file that was moved")
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
            ).fetchall()
            return {
                name: connection.execute(f"SELECT count(*) FROM {identifier(name)}").fetchone()[0]
                for (name,) in sorted(names)
                if name != "alembic_version"
            }
    except sqlite3.DatabaseError as damage:
        raise SettingsError(f'"{file}" cannot be read as a SQLite database: {damage}', "name another file") from None


def moved(connection: Connection, file: Path, there: Set[tuple[str, str]], places: Mapping[str, str]) -> Answer:
    """Count the rows of every table on both sides.

    Args:
        connection: The target.
        file: The SQLite file.
        there: The target's tables, as schema and name.
        places: The schema of each table that the project knows; `public` for any other.
    """
    source = counts(file)
    fewer, absent, more, total = [], [], 0, 0
    for name, expected in source.items():
        schema = places.get(name, "public")
        if (schema, name) not in there:
            absent.append(name)
            continue
        try:
            with reading(connection, statement_timeout=PATIENCE):
                count = rows(connection, f"SELECT count(*) FROM {qualified(schema, name)}")[0][0]
        except DatabaseUnreachable as refusal:
            return Answer(
                "data moved", "unknown", f"{schema}.{name} could not be counted: {refusal.message}", refusal.hint
            )
        total += expected
        more += max(0, count - expected)
        if count < expected:
            fewer.append(f"{name} has {count:,} of {expected:,}")
    if absent or fewer:
        problems = [f"{name} does not exist" for name in absent] + fewer
        return Answer("data moved", "error", "; ".join(problems), f"gatepost transfer {file} $DATABASE_URL")
    since = f", and {more:,} rows were added since" if more else ""
    return Answer("data moved", "ok", f"all {total:,} rows of {len(source)} tables arrived, by count{since}")


def backed_up(file: Path | None, backup: Path | None) -> Answer:
    """Look for a copy of the file that can be opened and has as many rows."""
    topic = "SQLite file backed up"
    if file is None:
        return Answer(topic, "unknown", "no SQLite file was named", "gatepost doctor --sqlite FILE")
    rows_of_it = counts(file)
    if backup is not None:
        if backup.resolve() == file.resolve():
            return Answer(topic, "error", f'"{backup}" is the file itself, not a copy', _copy(file))
        if not _sound(backup) or counts(backup) != rows_of_it:
            return Answer(topic, "error", f'"{backup}" is damaged or has different rows', _copy(file))
        return Answer(topic, "ok", f'"{backup}" is intact and has the same rows')
    for candidate in _candidates(file):
        try:
            if _sound(candidate) and counts(candidate) == rows_of_it:
                return Answer(topic, "ok", f'"{candidate}" is intact and has the same rows')
        except SettingsError:
            continue  # another kind of file with a similar name
    return Answer(
        topic, "unknown", f'there is no copy of "{file}" beside it; if there is one elsewhere, name it', _copy(file)
    )


def _copy(file: Path) -> str:
    name, copy = shlex.quote(str(file)), shlex.quote(f"{file}.backup")
    order = shlex.quote(f'.backup "{file}.backup"')
    return f"sqlite3 {name} {order}, then gatepost doctor --sqlite {name} --backup {copy}"


def _candidates(file: Path) -> list[Path]:
    found = {*file.parent.glob(f"{_literal(file.name)}*"), *file.parent.glob(f"{_literal(file.stem)}*")}
    found -= {file, *(file.with_name(file.name + end) for end in _BESIDE)}
    return sorted(path for path in found if path.is_file())


def _literal(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _sound(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False
