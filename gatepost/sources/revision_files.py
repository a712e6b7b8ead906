"""The migrations of a source as files, whichever revision they are of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from gatepost.sources.files import alembic_revisions, migrations
from gatepost.sources.git_revisions import checked_out
from gatepost.sources.source import Source, in_folder


@dataclass(frozen=True)
class Files:
    """SQL migrations or Alembic revisions, in their order; none of a source that is no folder."""

    kind: Literal["sql", "alembic", "other"]
    folder: Path | None = None
    files: tuple[Path, ...] = ()


@contextmanager
def written_out(source: Source) -> Iterator[Source]:
    """Write the files of a git revision out once, for all that reads them until the block ends.

    Args:
        source: The source; one that is no git revision stays as it is.

    Raises:
        SourceError: git cannot read the revision.
        SettingsError: the revision has no such folder.
    """
    if source.revision is None or source.path is not None:
        yield source
        return
    with checked_out(source.revision) as folder:
        yield replace(source, path=folder)


@contextmanager
def as_files(source: Source) -> Iterator[Files]:
    """Return the migrations of a source; those of a git revision are there until the block ends.

    Raises:
        SettingsError: the folder holds none, or cannot be read.
        SourceError: git cannot read the revision.
    """
    if source.revision is not None:
        with written_out(source) as written, as_files(in_folder(folder_of(written))) as found:
            yield found
    elif source.kind == "folder" and source.path is not None:
        yield Files("sql", source.path, migrations(source.path).files)
    elif source.kind == "alembic" and source.path is not None:
        root = source.path.parent
        yield Files("alembic", root, alembic_revisions(root))
    else:
        yield Files("other")


def folder_of(written: Source) -> Path:
    """Return the folder of a git revision that was written out."""
    assert written.path is not None  # noqa: S101  `written_out` sets it
    return written.path
