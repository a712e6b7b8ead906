"""Create and recognise canaries: unmistakable values that show from which table, row and column they come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Canary:
    """The place of a canary: the numbers of the table, of its row and of its column."""

    table: int
    row: int
    column: int


PAST, FUTURE = "2001-02-03 04:05:06", "2101-02-03 04:05:06"

_TEXT = re.compile(r"cnry-([0-9a-f]+)-([0-9a-f]+)-([0-9a-f]+)-z")
_LABEL = re.compile(r"cnry_([0-9a-f]+)_([0-9a-f]+)_([0-9a-f]+)_z")
_UUID = re.compile(r"ca7a([0-9a-f]{4})-([0-9a-f]{4})-4([0-9a-f]{3})-8ca7-00ca7a00ca7a")
_NUMBER = re.compile(r"(?<!\d)77(\d{5})(\d{4})(\d{3})(?!\d)")
_BYTES = re.compile(r"636e72792d((?:[0-9a-f]{2})+?)2d7a")
_SIZED = re.compile(r"^([a-z ]+?)\((\d+)(?:,(-?\d+))?\)")
_WORDS = frozenset("text|character varying|character|citext|name|bpchar".split("|"))


def found_in(text: str) -> Iterator[Canary]:
    """Yield every canary in a text, as PostgreSQL prints values."""
    for pattern, base in ((_TEXT, 16), (_LABEL, 16), (_UUID, 16), (_NUMBER, 10)):
        for match in pattern.finditer(text):
            yield Canary(*(int(part, base) for part in match.groups()))
    for match in _BYTES.finditer(text):
        yield from found_in(bytes.fromhex(match[0]).decode(errors="replace"))


def is_word(type_name: str) -> bool:
    """Return whether a type holds any text."""
    return family(type_name) in _WORDS


def family(type_name: str) -> str:
    """Return a type's name without its size and its schema."""
    bare = re.sub(r"\(.*?\)", "", type_name).strip()
    return bare.rpartition(".")[2].strip('"')


def value(type_name: str, canary: Canary) -> str | None:
    """Return a value of a type, as text, that shows where it was planted as far as the type can hold that.

    Args:
        type_name: The type as `format_type` prints it; a domain or an enum is resolved by the caller.
        canary: The place.

    Returns:
        The value, or None where the type is not known.
    """
    if type_name.endswith("[]"):
        inner = value(type_name[:-2], canary)
        return None if inner is None else '{"' + inner.replace("\\", "\\\\").replace('"', '\\"') + '"}'
    kind = family(type_name)
    if kind.endswith("range"):
        return _range(kind, canary)
    if kind in _WORDS:
        return _cut(f"cnry-{canary.table:x}-{canary.row:x}-{canary.column:x}-z", type_name, canary)
    if kind in ("smallint", "integer", "bigint", "numeric", "real", "double precision", "money"):
        return _number(kind, type_name, canary)
    if kind.startswith(("timestamp", "date", "time")) or kind == "interval":
        return _moment(kind, canary)
    return _other(kind, type_name, canary)


def _cut(word: str, type_name: str, canary: Canary) -> str:
    """Return the word, or a short value that is still unique in its table where the column is too short."""
    sized = _SIZED.match(type_name)
    length = int(sized[2]) if sized else 1 if family(type_name) in ("character", "bpchar") else len(word)
    if length >= len(word):
        return word
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    short, number = "", canary.row
    while number:
        number, digit = divmod(number, 36)
        short = digits[digit] + short
    return short.rjust(length, "0")[-length:]


def _number(kind: str, type_name: str, canary: Canary) -> str:
    unique = canary.row * 10 + canary.column % 10
    if kind == "smallint":
        return str(10_000 + canary.row)
    sized = _SIZED.match(type_name)
    if kind == "numeric" and sized:
        whole = int(sized[2]) - int(sized[3] or 0)
        if whole < 14:
            return str(unique % 10**whole if whole > 0 else 0)
    if kind in ("bigint", "numeric"):
        return f"77{canary.table:05d}{canary.row:04d}{canary.column:03d}"
    return str(1_900_000_000 + unique if kind == "integer" else 100_000 + unique)


def _moment(kind: str, canary: Canary) -> str:
    hour, minute, second = canary.row // 3600 % 24, canary.row // 60 % 60, canary.row % 60
    if kind.startswith("timestamp"):
        return f"2021-06-{canary.column % 28 + 1:02d} {hour:02d}:{minute:02d}:{second:02d}"
    if kind == "date":
        return f"{2000 + canary.row // 336 % 25}-{canary.row // 28 % 12 + 1:02d}-{canary.row % 28 + 1:02d}"
    return f"{canary.row} seconds" if kind == "interval" else f"{hour:02d}:{minute:02d}:{second:02d}"


def _other(kind: str, type_name: str, canary: Canary) -> str | None:
    word = f"cnry-{canary.table:x}-{canary.row:x}-{canary.column:x}-z"
    low = f"{canary.row // 256 % 256:02x}:{canary.row % 256:02x}"
    sized = re.search(r"\((\d+)\)", type_name)
    size = int(sized[1]) if sized else 3
    known = {
        "uuid": f"ca7a{canary.table:04x}-{canary.row:04x}-4{canary.column:03x}-8ca7-00ca7a00ca7a",
        "boolean": "true",
        "json": f'{{"canary": "{word}"}}',
        "jsonb": f'{{"canary": "{word}"}}',
        "xml": f"<canary>{word}</canary>",
        "bytea": word,
        "tsvector": f"'{word}'",
        "tsquery": f"'{word}'",
        "hstore": f'canary=>"{word}"',
        "ltree": word.replace("-", "_"),
        "inet": f"10.{canary.table % 256}.{canary.row // 256 % 256}.{canary.row % 256}",
        "cidr": f"10.{canary.table % 256}.{canary.row // 256 % 256}.{canary.row % 256}/32",
        "macaddr": f"02:00:{canary.table // 256 % 256:02x}:{canary.table % 256:02x}:{low}",
        "macaddr8": f"02:00:00:00:{canary.table // 256 % 256:02x}:{canary.table % 256:02x}:{low}",
        "point": f"({canary.row},{canary.column})",
        "line": f"{{1,-1,{canary.row}}}",
        "lseg": f"[(0,0),(1,{canary.row})]",
        "box": f"(1,{canary.row + 1}),(0,0)",
        "path": f"[(0,0),(1,{canary.row})]",
        "polygon": f"((0,0),(1,0),(1,{canary.row + 1}))",
        "circle": f"<({canary.row},{canary.column}),1>",
        "bit": "1" * (size if sized else 1),
        "bit varying": "1",
        "oid": str(1_900_000 + canary.row),
        "regclass": "pg_catalog.pg_class",
        "regtype": "text",
        "regproc": "pg_catalog.now",
        "regrole": "pg_monitor",
        "pg_lsn": f"0/{canary.row + 1:X}",
        "pg_snapshot": f"{canary.row + 1}:{canary.row + 1}:",
        "char": "abcdefghijklmnopqrstuvwxyz"[canary.row % 26],
        "jsonpath": f'$."{word}"',
        "xid8": str(canary.row + 1),
        "tid": f"({canary.row},1)",
        "vector": "[" + ",".join(["1"] * size) + "]",
    }
    return known.get(kind)


def _range(kind: str, canary: Canary) -> str:
    """Return a range that overlaps with that of no other row."""
    bare = kind.removesuffix("range").removesuffix("multi")
    if bare == "date":
        low, high = _moment("date", canary), _moment("date", Canary(canary.table, canary.row + 1, canary.column))
        both = f"[{low},{high})" if low < high else f"[{low},{low}]"
    elif bare.startswith("ts"):
        day = _moment("date", canary)
        both = f"[{day} 08:00,{day} 09:00)"
    else:
        both = f"[{canary.row * 10},{canary.row * 10 + 1})"
    return f"{{{both}}}" if kind.endswith("multirange") else both


def composite(values: Iterable[str | None]) -> str:
    """Return the text of a row of a composite type.

    Source: https://www.postgresql.org/docs/17/rowtypes.html#ROWTYPES-IO-SYNTAX

    Args:
        values: The values of its attributes.
    """
    quoted = ("" if one is None else '"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in values)
    return f"({','.join(quoted)})"
