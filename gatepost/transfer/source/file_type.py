"""Recognise a SQLite file, or what else a file is, by its first bytes."""

from __future__ import annotations

from pathlib import Path

from gatepost.errors import TransferError

_MAGIC = b"SQLite format 3\x00"
"""The first 16 bytes of every database, https://www.sqlite.org/fileformat.html#the_database_header."""

_OTHER_FILES = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"PGDMP", "a pg_dump archive"),
    (b"\x37\x7f\x06\x82", "a SQLite write-ahead log without its database"),
    (b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", "a SQLite rollback journal without its database"),
)


def refuse_other_files(path: Path) -> None:
    """Refuse a file that does not begin like a SQLite database, and say what it looks like.

    Raises:
        TransferError: it is something else, or cannot be read.
    """
    if not path.exists() and path.with_name(path.name + "-wal").exists():
        raise TransferError(f'there is no file "{path}", only its write-ahead log', "copy the database itself too")
    if not path.exists():
        raise TransferError(f'there is no file "{path}"', "give the path of the SQLite database")
    if path.is_dir():
        raise TransferError(f'"{path}" is a directory, not a SQLite database')
    if not path.is_file():
        raise TransferError(f'"{path}" is a pipe or a device, which cannot be read in any order', "copy it to a file")
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise TransferError(f'"{path}" cannot be read: {error.strerror}') from error
    if head.startswith(_MAGIC):
        return
    raise TransferError(f'"{path}" is not a SQLite database: it is {_describe(head)}')


def _describe(head: bytes) -> str:
    if not head:
        return "empty"
    for magic, what in _OTHER_FILES:
        if head.startswith(magic):
            return what
    try:
        text = head[:4000].decode("utf-8") if len(head) < 4096 else head[:4000].decode("utf-8", "ignore")
        printable = all(c.isprintable() or c in "\t\r\n\f" for c in text)
    except UnicodeDecodeError:
        printable = False
    if printable:
        first = text.strip().splitlines()[0][:40] if text.strip() else ""
        return f"text that begins with {first!r}"
    if len(set(head)) > 200 and len(head) >= 1024:
        return "encrypted (SQLCipher leaves no readable header) or of an unknown kind"
    return f"of an unknown kind (it begins with {head[:8].hex(' ')})"
