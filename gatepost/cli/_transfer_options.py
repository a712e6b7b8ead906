"""The options of `gatepost transfer`, from words to values; what excludes each other is refused, never ignored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gatepost.errors import TransferError

if TYPE_CHECKING:
    from gatepost.transfer.archive.compression import Compression
    from gatepost.transfer.mapping.values import Unit, Way
    from gatepost.transfer.values import Mode

_USELESS = {
    "--to": (
        "URL", "--append", "--replace", "--parallel", "--resumable", "--from-rejects", "--check-only",
    ),
    "--from-rejects": (
        "--append", "--replace", "--parallel", "--resumable", "--backup", "--check-only", "--models", "--compress",
        "--ignore-table", "--ignore-column", "--rename", "--compute", "--write-mapping", "--scan",
    ),
    "--check-only": (
        "--append", "--replace", "--parallel", "--resumable", "--backup", "--rejects", "--dry-run", "--compress",
        "--write-mapping", "--scan",
    ),
    "--scan": ("--resumable", "--rejects", "--backup", "--parallel", "--to"),
    "a directory": (
        "--parallel", "--backup", "--rename", "--mapping", "--write-mapping", "--cast", "--compute", "--scan",
    ),
    "no --to": ("--compress",),
}  # fmt: skip
"""What each way of working has no use for."""


def refuse_together(options: dict[str, object], *, from_directory: bool) -> None:
    """Refuse options that one way of working has no use for: whoever gives one counts on it.

    Args:
        options: The values of the options, by name; what is false was not given.
        from_directory: Whether the source is a directory that `--to` wrote.

    Raises:
        TransferError: two of them do not go together.
    """
    given = {name for name, value in options.items() if value}
    if from_directory:
        given.add("a directory")
    if "--to" not in given:
        given.add("no --to")
    for way, useless in _USELESS.items():
        together = next((name for name in useless if name in given), None) if way in given else None
        if together and way == "no --to":
            raise TransferError(f'"{together}" is for what --to writes', f"leave {together} out, or add --to DIR")
        if together:
            raise TransferError(f'"{together}" does not go with {_named(way)}', f"leave {together} out")


def mode(*, append: bool, replace: bool) -> Mode:
    """Return what may be in the target.

    Raises:
        TransferError: both were given.
    """
    if append and replace:
        raise TransferError('"--append" and "--replace" exclude each other', "choose one of the two")
    return "append" if append else "replace" if replace else "empty"


def epochs(words: Iterable[str]) -> tuple[Unit | None, tuple[tuple[str, Unit], ...]]:
    """Return the unit that `--epoch` names for all columns, and those that it names for single ones.

    Raises:
        TransferError: a word is no unit, or two say different things.
    """
    usual: Unit | None = None
    single: dict[str, Unit] = {}
    for word in words:
        name, equals, unit = word.rpartition("=")
        known = _unit(word, unit)
        before = single.get(name.lower()) if equals else usual
        if before not in (None, known):
            where = f'"{name}"' if equals else "all columns"
            raise TransferError(f"--epoch says two things of {where}: {before} and {known}", "leave one of them out")
        if equals:
            _refuse_bare(word, name, known)
            single[name.lower()] = known
        else:
            usual = known
    return usual, tuple(single.items())


def renames(words: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the names of the source that `--rename` gives another in the target.

    Raises:
        TransferError: a word names nothing, or one name twice.
    """
    found: dict[str, str] = {}
    for word in words:
        old, equals, new = word.rpartition("=")
        if not equals or not old or not new:
            raise TransferError(f'"--rename {word}" names nothing', "--rename users.createdAt=created_at")
        if found.get(old, new) != new:
            raise TransferError(f'--rename gives "{old}" two names: "{found[old]}" and "{new}"', "choose one of them")
        found[old] = new
    return tuple(found.items())


def compression(word: str) -> Compression | None:
    """Return what `--compress` names; None is the best that this Python has.

    Raises:
        TransferError: it is neither of the two, or this Python lacks zstd.
    """
    from gatepost.transfer.archive.compression import best

    if not word:
        return None
    if word == "gzip":
        return "gzip"
    if word != "zstd":
        raise TransferError(f'"{word}" is not a way to compress', "--compress zstd, or --compress gzip")
    if best() != "zstd":
        raise TransferError('this Python does not have "zstd"', "pip install backports.zstd, or --compress gzip")
    return "zstd"


def casts(words: Iterable[str]) -> tuple[tuple[str, Way], ...]:
    """Return what `--cast` allows for single columns.

    Raises:
        TransferError: a word names no column, or nothing that can be allowed.
    """
    from gatepost.transfer.mapping.values import WAYS

    found: list[tuple[str, Way]] = []
    for word in words:
        name, _, wanted = word.rpartition("=")
        way = next((way for way in WAYS if way == wanted), None)
        if way is None or "." not in name.strip("."):
            example = f"--cast TABLE.COLUMN=WAY, where WAY is one of {', '.join(WAYS)}"
            raise TransferError(f'"--cast {word}" allows nothing', example)
        found.append((name, way))
    return tuple(found)


def computed(words: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the columns of the target that `--compute` fills, with their expressions.

    Raises:
        TransferError: a word names no column, or one twice.
    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, expression = word.partition("=")
        if not equals or not expression.strip() or "." not in name.strip("."):
            raise TransferError(f'"--compute {word}" computes nothing', "--compute \"users.name=first || ' ' || last\"")
        if name in found:
            raise TransferError(f'two options compute "{name}"', "choose one of them")
        found[name] = expression
    return tuple(found.items())


def _unit(word: str, unit: str) -> Unit:
    from gatepost.transfer.mapping.values import UNITS

    found = next((known for known in UNITS if known == unit), None)
    if found is None:
        raise TransferError(
            f'"{word}" is not what --epoch counts', "--epoch seconds, or --epoch TABLE.COLUMN=milliseconds"
        )
    return found


def _refuse_bare(word: str, name: str, unit: Unit) -> None:
    if "." not in name.strip("."):
        raise TransferError(f'"{word}" names no table', f"--epoch TABLE.{name or 'COLUMN'}={unit}")


def _named(way: str) -> str:
    return f'"{way}"' if way.startswith("-") else f"{way} as the source"
