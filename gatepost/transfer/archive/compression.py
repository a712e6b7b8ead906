"""Read and write files compressed with zstd or gzip; the extension says which."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gatepost.errors import TransferError

if TYPE_CHECKING:
    from types import ModuleType

Compression = Literal["zstd", "gzip"]

ENDS: dict[Compression, str] = {"zstd": ".zst", "gzip": ".gz"}
"""The extension of a file."""

_GZIP_LEVEL = 6


def best() -> Compression:
    """Return zstd, which is several times as fast and smaller, or gzip on a Python without zstd."""
    return "zstd" if _zstd() is not None else "gzip"


@contextmanager
def writing(path: Path) -> Iterator[BufferedIOBase]:
    """Open a new file for writing; equal content gives equal bytes.

    Raises:
        TransferError: its name means zstd, which this Python does not have.
    """
    if path.suffix == ENDS["zstd"]:
        with _needed(path).open(path, "xb") as file:
            yield file
    else:
        # The time stamp in a gzip header would make equal content differ.
        with path.open("xb") as raw, gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0) as file:
            yield file


@contextmanager
def reading(path: Path) -> Iterator[BufferedIOBase]:
    """Open a file that `writing` wrote.

    Raises:
        TransferError: it is compressed by zstd, which this Python does not have.
    """
    if path.suffix == ENDS["zstd"]:
        with _needed(path).open(path, "rb") as file:
            yield file
    else:
        with gzip.open(path, "rb") as file:
            yield file


def refuse_unreadable(path: Path) -> None:
    """Refuse a file that `reading` could not read here.

    Raises:
        TransferError: it is compressed by zstd, which this Python does not have.
    """
    if path.suffix == ENDS["zstd"]:
        _needed(path)


def _needed(path: Path) -> ModuleType:
    found = _zstd()
    if found is None:
        raise TransferError(
            f'"{path}" is compressed by zstd, which this Python does not have',
            "pip install backports.zstd   # up to Python 3.13; or write it with --compress gzip",
        )
    return found


def _zstd() -> ModuleType | None:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd  # PEP 784
        else:
            from backports import zstd
    except ImportError:
        return None
    return zstd
