"""A revision of a git repository as a folder of its own: what is committed there, and nothing of the working tree.

Nothing of the revision runs here: `git archive` writes its files out, with the repository's own hooks and filters off.
"""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from gatepost.errors import SettingsError, SourceError

_SECONDS = 120
_NAME = re.compile(r"(?!-)[^\x00-\x20\x7f~^:?*\[\\]+(?:[~^][0-9]*)*")
"""What git takes for the name of a revision, and what no option of git looks like (git-check-ref-format)."""


@dataclass(frozen=True)
class Revision:
    """A commit.

    Args:
        name: As it was asked for.
        commit: Its full name.
        root: The top folder of the working tree.
        inner: Where in it the command was started.
    """

    name: str
    commit: str
    root: Path
    inner: Path

    @property
    def label(self) -> str:
        """How a report calls it."""
        return self.name if self.commit.startswith(self.name) else f"{self.name} ({self.commit[:9]})"


def find_revision(name: str, folder: Path | None = None) -> Revision | None:
    """Return the commit that a name stands for in the repository of a folder, or None where there is none.

    Args:
        name: A branch, a tag, a commit.
        folder: The folder; without one, the current folder.
    """
    here = (folder or Path.cwd()).resolve()
    if not _NAME.fullmatch(name):
        return None
    commit = _git(here, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit is None and "/" not in name:  # a pipeline's checkout has no branch but its own
        commit = _git(here, "rev-parse", "--verify", "--quiet", "--end-of-options", f"origin/{name}^{{commit}}")
    top = _git(here, "rev-parse", "--show-toplevel")
    if commit is None or top is None:
        return None
    root = Path(top).resolve()
    return Revision(name, commit, root, here.relative_to(root))


def merge_base(one: Revision, other: str = "HEAD") -> Revision:
    """Return the commit at which a branch left another.

    Args:
        one: The branch that a pull request goes into.
        other: The pull request.

    Raises:
        SourceError: they have no commit in common here.
    """
    commit = _git(one.root, "merge-base", one.commit, other)
    if commit is None:
        raise SourceError(
            f'"{one.name}" and "{other}" have no commit in common in this clone', "git fetch --unshallow origin"
        )
    name = one.name if commit == one.commit else f"merge base with {one.name}"
    return Revision(name, commit, one.root, one.inner)


@contextmanager
def checked_out(revision: Revision) -> Iterator[Path]:
    """Write a revision's files into a folder that is removed when the block ends, and return the inner folder.

    Raises:
        SourceError: git cannot read the revision, or it holds a file that would be written elsewhere.
        SettingsError: the revision has no such folder.
    """
    with tempfile.TemporaryDirectory(prefix="gatepost-revision-") as name:
        folder = Path(name)
        _write(revision, folder)
        inner = folder / revision.inner
        if not inner.is_dir():
            raise SettingsError(
                f'"{revision.label}" has no folder "{revision.inner}"', "start at the top of the repository"
            )
        yield inner


def _write(revision: Revision, folder: Path) -> None:
    archive = _run(revision.root, "archive", "--format=tar", revision.commit)
    if archive.returncode:
        said = archive.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise SourceError(f'git cannot read "{revision.label}": {said[-1]}')
    try:
        with tarfile.open(fileobj=BytesIO(archive.stdout)) as tar:
            tar.extractall(folder, filter="data")  # refuses what lies outside of the folder
    except (tarfile.TarError, OSError) as error:
        raise SourceError(f'the files of "{revision.label}" cannot be written: {error}') from None


def _git(folder: Path, *arguments: str) -> str | None:
    done = _run(folder, *arguments)
    return done.stdout.decode(errors="replace").strip() or None if not done.returncode else None


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git without what the repository's configuration would have it run."""
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *arguments]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "LANG") if name in os.environ}
    try:
        return subprocess.run(  # noqa: S603  a fixed program, names that look like no option
            command,
            cwd=folder,
            env={**kept, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"},
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise SourceError("a git revision is named, and there is no git here", "install git") from None
    except subprocess.TimeoutExpired:
        raise SourceError(f"git did not answer within {_SECONDS} seconds") from None


def file_of(revision: Revision, name: str) -> str:
    """Return the text of a file of a revision, beside where the command was started; empty where there is none."""
    done = _run(revision.root, "show", f"{revision.commit}:{(revision.inner / name).as_posix()}")
    return done.stdout.decode("utf-8", "replace") if not done.returncode else ""


def messages_since(base: Revision) -> str:
    """Return the messages of the commits of HEAD that a base does not have."""
    return _git(base.root, "log", "--format=%B", "--no-show-signature", f"{base.commit}..HEAD") or ""
