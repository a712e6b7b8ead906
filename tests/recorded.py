"""Lines that were recorded: what is said of many databases now is compared with what was said when somebody looked.

A file holds one block for each name. `pytest --record` writes what is said now; the diff is what a change changes.
"""

from pathlib import Path

import pytest

_HEAD = "== "


class Recorded:
    """The blocks of one file.

    Args:
        file: The file; it need not exist while it is recorded.
        record: Whether to keep what is compared instead of comparing it.
    """

    def __init__(self, file: Path, record: bool) -> None:
        self._file = file
        self._record = record
        self._blocks = _blocks(file.read_text()) if file.exists() else {}
        self._seen: dict[str, dict[str, set[str]]] = {}

    def compare(self, name: str, lines: list[str], variant: str = "") -> None:
        """Compare lines with the block of a name, whatever their order.

        A line that is said of one variant alone stands there with the variant before it.
        """
        self._seen.setdefault(name, {})[variant] = set(lines)
        if not self._record and name not in self._blocks:
            pytest.skip("it was not recorded yet: pytest --record")
        if not self._record:
            known = {line.removeprefix(f"{variant}: ") for line in self._blocks.get(name, []) if _of(line, variant)}
            new, gone = sorted(set(lines) - known), sorted(known - set(lines))
            assert (new, gone) == ([], []), f"{name} differs from {self._file.name}; if that is right: pytest --record"

    def close(self) -> None:
        """Write what was seen, where it is recorded."""
        if self._record:
            blocks = sorted((self._blocks | {name: _merged(seen) for name, seen in self._seen.items()}).items())
            self._file.write_text(
                "".join(f"{_HEAD}{name}\n" + "".join(f"{one}\n" for one in of) for name, of in blocks)
            )


VARIANTS = ("new", "old")


def _of(line: str, variant: str) -> bool:
    return not line.startswith(tuple(f"{other}: " for other in VARIANTS if other != variant))


def _merged(seen: dict[str, set[str]]) -> list[str]:
    shared = set.intersection(*seen.values())
    return sorted(shared) + [f"{variant}: {one}" for variant, lines in seen.items() for one in sorted(lines - shared)]


def _blocks(text: str) -> dict[str, list[str]]:
    parts = (part.splitlines() for part in f"\n{text}".split(f"\n{_HEAD}")[1:])
    return {name: lines for name, *lines in parts}
