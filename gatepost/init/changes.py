"""A file that a setup creates or changes, with its text before and after."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FileChange:
    """A file as it is, or None where there is none, and as it will be."""

    path: Path
    before: str | None
    after: str

    def diff(self, root: Path) -> str:
        """Return the change as a unified diff, with paths relative to the project."""
        name = self.path.relative_to(root).as_posix()
        return "".join(
            difflib.unified_diff(
                (self.before or "").splitlines(keepends=True),
                self.after.splitlines(keepends=True),
                f"a/{name}" if self.before is not None else "/dev/null",
                f"b/{name}",
            )
        )

    def write(self) -> None:
        """Write the new text, and create the folders above the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.after, encoding="utf-8")


def read(path: Path) -> str | None:
    """Return the text of a file, or None if there is none."""
    return path.read_text(encoding="utf-8") if path.is_file() else None
