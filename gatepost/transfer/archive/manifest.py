"""`manifest.json` of a directory that `--to` wrote: its tables and checksums; written last and itself checksummed."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gatepost.errors import TransferError
from gatepost.transfer.compare.fingerprints import Tally
from gatepost.transfer.values import Type

FORMAT = 2
NAME = "manifest.json"
_PART = f"{NAME}.part"
_FILE = re.compile(r"[0-9]{3,}\.copy\.(?:zst|gz)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One table: its file and the checksum of that, its columns in the file's order, and what it holds."""

    name: str
    file: str
    sha256: str
    columns: tuple[tuple[str, Type], ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class Manifest:
    """The name of the source, the zone that its times were taken to be in, and the tables, parents first."""

    source: str
    timezone: str
    tables: tuple[Entry, ...]

    def entry(self, table: str) -> Entry:
        """Return the entry of a table."""
        return next(entry for entry in self.tables if entry.name == table)


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write the manifest in one step, so that it is either complete or missing."""
    said = _said(manifest)
    said["sha256"] = _seal(said)
    part = directory / _PART
    with part.open("w", encoding="utf-8") as file:
        json.dump(said, file, indent=1, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    part.rename(directory / NAME)


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest of a directory.

    Raises:
        TransferError: the manifest is missing, cannot be read, was changed, or has another version.
    """
    path = directory / NAME
    if not path.exists():
        if any(_FILE.fullmatch(file.name) for file in directory.iterdir()):
            raise TransferError(f'"{directory}" has no {NAME}, because writing it was not finished', "write it again")
        raise TransferError(f'"{directory}" is a directory, neither a SQLite file nor one that --to wrote')
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        form = said["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TransferError(f'"{path}" cannot be read: {error}', "copy or write the directory again") from error
    if form != FORMAT:
        raise TransferError(f'"{path}" has format {form!r}, and this version reads {FORMAT}', "write it again")
    if said.pop("sha256", None) != _seal(said):
        raise TransferError(f'"{path}" was changed after it was written', "copy or write the directory again")
    try:
        return Manifest(said["source"], said["timezone"], tuple(_entry(entry) for entry in said["tables"]))
    except (KeyError, TypeError, ValueError) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise TransferError(f'"{path}" cannot be read: {reason}', "write the directory again") from error


def is_ours(directory: Path) -> bool:
    """Return whether a directory holds nothing but what an unfinished writing leaves behind."""
    return all(_FILE.fullmatch(file.name) or file.name == _PART for file in directory.iterdir())


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _said(manifest: Manifest) -> dict[str, Any]:
    tables = [
        {
            "name": entry.name,
            "file": entry.file,
            "sha256": entry.sha256,
            "rows": entry.tally.rows,
            # More than JSON's readers keep as a number.
            "fingerprint": str(entry.tally.fingerprint),
            "nulls": list(entry.tally.nulls),
            "columns": [{"name": name, "type": asdict(kind)} for name, kind in entry.columns],
        }
        for entry in manifest.tables
    ]
    return {"format": FORMAT, "source": manifest.source, "timezone": manifest.timezone, "tables": tables}


def _seal(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _entry(said: dict[str, Any]) -> Entry:
    return Entry(
        said["name"],
        said["file"],
        said["sha256"],
        tuple((column["name"], _type(column["type"])) for column in said["columns"]),
        Tally(said["rows"], int(said["fingerprint"]), tuple(said["nulls"])),
    )


def _type(said: dict[str, Any]) -> Type:
    element = said["element"]
    return Type(**{**said, "labels": tuple(said["labels"]), "element": _type(element) if element else None})
