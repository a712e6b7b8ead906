"""What a text on the command line names: a database, SQL in a folder or a file, an Alembic project, a git revision."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gatepost.errors import SettingsError
from gatepost.sources.git_revisions import Revision, find_revision
from gatepost.sources.snapshots import is_snapshot

Kind = Literal["url", "folder", "file", "input", "alembic", "snapshot", "git"]
INPUT = "-"
_INI = "alembic.ini"
_GIT = "git:"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True)
class Source:
    """Something that can be looked at as a database.

    Args:
        text: As it was given; a URL may hold a password, so only a URL's `masked` form is ever shown.
        kind: What it is.
        path: The folder of migrations, the file, or Alembic's configuration; None for a URL and for standard input.
        revision: The commit of a git revision.
    """

    text: str
    kind: Kind
    path: Path | None = None
    revision: Revision | None = None

    @property
    def is_database(self) -> bool:
        """Whether it is a live database already, which is only read."""
        return self.kind == "url"


def parse_source(text: str) -> Source:
    """Read a target: a URL, `-`, a path that exists, or a git revision, in this order.

    Args:
        text: `supabase/migrations`, the folder above it, any folder of migrations, a `.sql` file, `alembic.ini` or its
            folder, a snapshot, `-`, a URL, or a revision of the repository around the current folder. `git:main` is a
            revision whatever else is called `main`.

    Raises:
        SettingsError: it is none of them.
    """
    if text == INPUT:
        return Source(text, "input")
    if _SCHEME.match(text):
        return Source(text, "url")
    if text.startswith(_GIT):
        return _revision(text.removeprefix(_GIT))
    path = Path(text)
    if path.is_dir():
        return _folder(text, path)
    if path.is_file():
        if path.name == _INI or path.suffix == ".ini":
            return Source(text, "alembic", path)
        if path.suffix.lower() == ".sql":
            return Source(text, "file", path)
        if is_snapshot(path):
            return Source(text, "snapshot", path)
        raise SettingsError(
            f'"{text}" is neither a .sql file, nor an alembic.ini, nor a snapshot',
            "name a folder, a .sql file, a snapshot or a URL",
        )
    if path.exists():
        raise SettingsError(f'"{text}" is neither a file nor a folder', "cat FILE | gatepost check -")
    if (found := find_revision(text)) is not None:
        return Source(text, "git", revision=found)
    if "/" in text or "\\" in text or text.endswith((".sql", ".ini")) or not re.search(r"[=\s]", text):
        raise SettingsError(
            f'there is no file or folder "{text}"', "name supabase/migrations, a .sql file, - or a postgresql:// URL"
        )
    return Source(text, "url")  # the reader of URLs says what is wrong with it


def in_folder(folder: Path) -> Source:
    """Return what a folder holds: SQL migrations where it has some, else an Alembic project."""
    return _folder(str(folder), folder)


def _revision(name: str) -> Source:
    found = find_revision(name)
    if found is None:
        raise SettingsError(f'there is no git revision "{name}" here', "git branch --all; git fetch origin")
    return Source(name, "git", revision=found)


def _folder(text: str, path: Path) -> Source:
    for inner in (path / "supabase" / "migrations", path / "migrations"):
        if inner.is_dir() and any(file.is_file() for file in inner.glob("*.sql")):
            return Source(text, "folder", inner)
    for inner in (path / "supabase" / "schemas", path / "schemas"):
        if inner.is_dir() and any(inner.rglob("*.sql")) and not any(path.glob("*.sql")):
            return Source(text, "folder", inner)
    if (path / _INI).is_file() and not any(path.glob("*.sql")):
        return Source(text, "alembic", path / _INI)
    return Source(text, "folder", path)
