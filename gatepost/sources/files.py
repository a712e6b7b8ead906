"""The migrations of a folder, in the order in which they are run, and a file's bytes as text."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from gatepost.errors import SettingsError

_NAME = re.compile(r"^[0-9]+_.*\.sql$", re.DOTALL)
"""What the platform's CLI takes for a migration."""
_BY_BUILDERS = re.compile(r"^[0-9]{14}-.*\.sql$", re.DOTALL)
"""What app builders call a migration, and the platform's CLI passes over."""
_PRISMA = re.compile(r"^[0-9]+_")
_ALIKE = re.compile(r"^[0-9]+(?![0-9]).*", re.DOTALL)
_NAMED = 5
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Script:
    """A file of SQL: how it is called, its text, and the first line that is no UTF-8, or 0."""

    name: str
    text: str
    foreign: int = 0


@dataclass(frozen=True)
class Migrations:
    """The files of a folder in their order, and the names of what was skipped.

    Args:
        files: The migrations.
        skipped: The other files of SQL, and folders with some, by their names in the folder.
        alike: Those of them whose names begin with digits as a migration's does, but the platform's CLI passes over.
        by_builders: Whether the platform's CLI passes over all of the files, as an app builder named them.
    """

    files: tuple[Path, ...]
    skipped: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    by_builders: bool = False


def is_declarative(folder: Path) -> bool:
    """Return whether a folder holds a declarative schema: `supabase/schemas`, whose files say what there is at last.

    Source: https://supabase.com/docs/guides/local-development/declarative-database-schemas
    """
    return folder.name == "schemas" and any(folder.rglob("*.sql"))


def alembic_revisions(root: Path) -> tuple[Path, ...]:
    """Return the files of an Alembic project's revisions by name, wherever their folder `versions` lies.

    Args:
        root: The project.
    """
    return tuple(sorted(root.glob("*/versions/*.py")))


def migrations(folder: Path, declared: tuple[Path, ...] = ()) -> Migrations:
    """Return the migrations of a folder as the platform's CLI finds them, or as Prisma lays them out.

    Args:
        folder: The folder.
        declared: The files of a declarative schema in their order, where a configuration says it; else by name.

    Raises:
        SettingsError: there are none, or the folder cannot be read.
    """
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        raise SettingsError(f'"{folder}" cannot be read: {error.strerror}') from None
    if is_declarative(folder):
        inside = tuple(sorted(folder.rglob("*.sql")))
        listed = tuple(file for file in declared if file in inside)
        left = tuple(file.relative_to(folder).as_posix() for file in inside if listed and file not in listed)
        return Migrations(listed or inside, left)
    named = [entry for entry in entries if _NAME.match(entry.name)]
    files = [entry for entry in named if entry.is_file()]
    if len(files) < len(named):
        lost = next(entry.name for entry in named if entry not in files)
        raise SettingsError(
            f'"{lost}" in "{folder}" is named as a migration, and is no file that can be read',
            "name the file that it stands for, or remove it",
        )
    if not files:
        files = [
            entry / "migration.sql"
            for entry in entries
            if _PRISMA.match(entry.name) and (entry / "migration.sql").is_file()
        ]
    by_builders = not files
    if not files:
        files = [entry for entry in entries if _BY_BUILDERS.match(entry.name) and entry.is_file()]
    if not files:
        other = [f'"{entry.name}"' for entry in entries if entry.suffix.lower() == ".sql" and entry.is_file()]
        there = f"{', '.join(other[:_NAMED])} {'is' if len(other) == 1 else 'are'} there"
        raise SettingsError(
            f'"{folder}" holds no migration'
            + (f": {there}, and a migration is called like 0001_name.sql" if other else ""),
            "name the folder whose files begin with digits and an underscore, or one .sql file",
        )
    taken = {file.parent if file.name == "migration.sql" else file for file in files}
    skipped = [entry for entry in entries if entry not in taken and _holds_sql(entry)]
    alike = tuple(_called(entry) for entry in skipped if _ALIKE.match(entry.name))
    return Migrations(tuple(files), tuple(map(_called, skipped)), alike, by_builders)


def _holds_sql(entry: Path) -> bool:
    return any(entry.glob("**/*.sql")) if entry.is_dir() else entry.suffix.lower() == ".sql"


def _called(entry: Path) -> str:
    return f"{entry.name}/" if entry.is_dir() else entry.name


def read_script(file: Path, name: str = "") -> Script:
    """Read a file of SQL.

    Args:
        file: The file.
        name: How it is called in messages; else its own name, with its folder's where all are called the same.

    Raises:
        SettingsError: it cannot be read, or holds a NUL character, which no SQL does.
    """
    own = f"{file.parent.name}/{file.name}" if file.name == "migration.sql" else file.name
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SettingsError(f'"{file}" cannot be read: {error.strerror}') from None
    return script_of(data, name or own)


def script_of(data: bytes, name: str) -> Script:
    """Return a file's bytes as a script.

    Raises:
        SettingsError: they hold a NUL character.
    """
    text, foreign = decoded(data, name), 0
    try:
        if not any(data.startswith(mark) for mark, _ in _BYTE_ORDER_MARKS):
            data.decode()
    except UnicodeDecodeError as error:
        foreign = data.count(b"\n", 0, error.start) + 1
    return Script(name, text, foreign)


def decoded(data: bytes, name: str) -> str:
    """Return text: by its byte order mark, else as UTF-8, else as Latin-1, which every byte is a character of.

    Raises:
        SettingsError: it holds a NUL character.
    """
    encoding = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if "\0" in text:
        raise SettingsError(f'"{name}" holds a NUL character, so it is no SQL', "save the file as UTF-8")
    return text
