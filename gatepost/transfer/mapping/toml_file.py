"""The mapping as a TOML file: written for a person to edit, and read back.

::

    [tables.userNotes]                                      # 2 rows
    to = "user_notes"

    [tables.userNotes.columns]
    id = "id"
    createdAt = { to = "created_at", cast = ["seconds", "round"] }
    old = { drop = true, loses = 1 }
    colour = "?"                                            # the target has no such column; 5 values

    [tables.userNotes.target]
    title = { compute = "substr(body, 1, 20)" }
    added = { default = true }                              # now()

    [tables.logs]                                           # 3 rows
    drop = true
    loses = 3
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as Table
from pathlib import Path
from typing import Any

from gatepost.display import line
from gatepost.errors import TransferError
from gatepost.transfer.mapping.values import WAYS, ColumnMapping, Mapping, TableMapping, Way, counted

VERSION = 1
UNDECIDED = "?"
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEAD = """\
# What becomes of every table and column of {source}. Edit it, then: gatepost transfer … --mapping {file}
# A column of the source: its name in the target, {{ to = "name", cast = [{ways}] }},
# or {{ drop = true, loses = VALUES }}. A column of the target alone: {{ default = true }}, or
# {{ compute = "EXPRESSION" }} with an expression of SQLite over the row. "?" is what somebody has to decide.
version = {version}
"""
_TABLE_KEYS = ("to", "drop", "loses", "columns", "target")
_COLUMN_KEYS = ("to", "cast", "drop", "loses")
_TARGET_KEYS = ("default", "compute", "cast")


def written(mapping: Mapping, source: str, file: str) -> str:
    """Return a mapping as the text of a file.

    Args:
        mapping: What becomes of every table and column.
        source: The name of the source, for the comment.
        file: The name of the file, for the comment.
    """
    head = _HEAD.format(source=line(source), file=line(file), ways=", ".join(map(_text, WAYS)), version=VERSION)
    tables = [_table(table) for table in mapping.tables if table.source]
    left = [_target_table(table) for table in mapping.tables if not table.source]
    return "\n".join([head, *tables, *left])


def write_mapping(mapping: Mapping, path: Path, source: str) -> None:
    """Write a mapping to a new file.

    Raises:
        TransferError: the file exists, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(written(mapping, source, path.name))
    except FileExistsError as error:
        raise TransferError(f'"{path}" exists, and may hold decisions', "name a new file, or move it away") from error
    except OSError as error:
        raise TransferError(f'"{path}" cannot be written: {error.strerror}') from error


def read_mapping(path: Path) -> Mapping:
    """Read a mapping from a file; what it leaves undecided, or does not mention, is inferred again.

    Raises:
        TransferError: the file cannot be read, or says something that no mapping can say.
    """
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TransferError(f'"{path}" cannot be read: {error.strerror}', "write one: --write-mapping FILE") from error
    except (ValueError, RecursionError) as error:
        raise TransferError(f'"{path}" is not TOML: {error}') from error
    if said.get("version") != VERSION:
        raise TransferError(f'"{path}" has version {said.get("version")!r}, and this reads {VERSION}', "version = 1")
    reader = _Reader(path)
    reader.known(said, ("version", "tables"), "")
    return Mapping(tuple(reader.table(name, table) for name, table in reader.tables(said.get("tables", {}), "tables")))


class _Reader:
    """Reads one file; every mistake names its place in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def table(self, name: str, said: Table[str, Any]) -> TableMapping:
        place = f"tables.{name}"
        self.known(said, _TABLE_KEYS, place)
        columns = [
            self.column(f"{place}.columns.{key}", key, value) for key, value in self.pairs(said, "columns", place)
        ]
        columns += [
            self.target(f"{place}.target.{key}", key, value) for key, value in self.pairs(said, "target", place)
        ]
        loses = self.number(said, place)
        if self.flag(said, "drop", place):
            self.alone(said, place)
            return TableMapping(name, loses=loses)
        to = self.name(said.get("to", UNDECIDED), f"{place}.to")
        if to == UNDECIDED:
            return TableMapping(name, "", tuple(columns), undecided=True)
        return TableMapping(name, to, tuple(columns))

    def column(self, place: str, name: str, said: object) -> ColumnMapping:
        if isinstance(said, str):
            return (
                ColumnMapping(name, undecided=True)
                if said == UNDECIDED
                else ColumnMapping(name, self.name(said, place))
            )
        table = self.is_table(said, place, '"name", { to = "name" } or { drop = true }')
        self.known(table, _COLUMN_KEYS, place)
        if self.flag(table, "drop", place):
            self.alone(table, place)
            return ColumnMapping(name, loses=self.number(table, place))
        return ColumnMapping(name, self.name(table.get("to", name), f"{place}.to"), self.ways(table, place))

    def target(self, place: str, name: str, said: object) -> ColumnMapping:
        if said == UNDECIDED:
            return ColumnMapping("", name, undecided=True)
        table = self.is_table(said, place, '{ default = true } or { compute = "…" }')
        self.known(table, _TARGET_KEYS, place)
        computed = self.name(table["compute"], f"{place}.compute") if "compute" in table else ""
        if bool(computed) == self.flag(table, "default", place):
            raise self.wrong(place, "is neither a default nor computed", "{ default = true }")
        return ColumnMapping("", name, self.ways(table, place), computed)

    def tables(self, said: object, place: str) -> Iterable[tuple[str, Table[str, Any]]]:
        for name, table in self.is_table(said, place, "[tables.NAME]").items():
            yield name, self.is_table(table, f"{place}.{name}", f"[tables.{_key(name)}]")

    def pairs(self, said: Table[str, Any], key: str, place: str) -> Iterable[tuple[str, Any]]:
        return self.is_table(said.get(key, {}), f"{place}.{key}", f"[{place}.{key}]").items()

    def ways(self, said: Table[str, Any], place: str) -> tuple[Way, ...]:
        words = said.get("cast", [])
        found = [way for word in (words if isinstance(words, list) else [words]) for way in WAYS if way == word]
        if len(found) != (len(words) if isinstance(words, list) else 1):
            raise self.wrong(
                f"{place}.cast", f"is {words!r}", f"cast = [{', '.join(map(_text, WAYS))}]  # some of these"
            )
        return tuple(found)

    def name(self, said: object, place: str) -> str:
        if not isinstance(said, str) or not said:
            raise self.wrong(place, f"is {said!r}, and not a text", '"…"')
        return said

    def number(self, said: Table[str, Any], place: str) -> int | None:
        number = said.get("loses")
        if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 0):
            raise self.wrong(f"{place}.loses", f"is {number!r}, and not a number", "loses = 0")
        return number

    def flag(self, said: Table[str, Any], key: str, place: str) -> bool:
        flag = said.get(key, False)
        if not isinstance(flag, bool):
            raise self.wrong(f"{place}.{key}", f"is {flag!r}, neither true nor false", f"{key} = true")
        return flag

    def alone(self, said: Table[str, Any], place: str) -> None:
        other = next((key for key in said if key not in ("drop", "loses")), None)
        if other is not None:
            raise self.wrong(place, f'is dropped and has "{other}"', "leave one of them out")

    def known(self, said: Table[str, Any], keys: tuple[str, ...], place: str) -> None:
        unknown = next((key for key in said if key not in keys), None)
        if unknown is not None:
            near = difflib.get_close_matches(unknown, keys, 1)
            hint = f'Did you mean "{near[0]}"?' if near else f"one of {', '.join(keys)}"
            raise self.wrong(f"{place}.{unknown}".strip("."), "is unknown", hint)

    def is_table(self, said: object, place: str, example: str) -> Table[str, Any]:
        if not isinstance(said, dict):
            raise self.wrong(place, f"is {said!r}", example)
        return said

    def wrong(self, place: str, what: str, hint: str) -> TransferError:
        return TransferError(f'"{place}" in "{self.path}" {what}', hint)


def _table(table: TableMapping) -> str:
    head = _commented(f"[tables.{_key(table.source)}]", counted(table.rows, "row") + _and(table.remark))
    if table.undecided:
        lines = [head, f'to = "{UNDECIDED}"']
    elif not table.target:
        # A framework's own table is never data, however many rows it has.
        return "\n".join([head, "drop = true", *([] if table.remark else [f"loses = {table.rows}"]), ""])
    else:
        lines = [head, f"to = {_text(table.target)}"]
    here = [column for column in table.columns if column.source]
    there = [column for column in table.columns if not column.source]
    if here:
        lines += ["", f"[tables.{_key(table.source)}.columns]", *map(_column, here)]
    if there:
        lines += ["", f"[tables.{_key(table.source)}.target]", *map(_target, there)]
    return "\n".join([*lines, ""])


def _target_table(table: TableMapping) -> str:
    said = "has no counterpart: name it as what a table of the source becomes, or --ignore-table"
    return f"# The target's table {line(table.target)} {said}\n"


def _column(column: ColumnMapping) -> str:
    key, values = _key(column.source), counted(column.loses or 0, "value")
    if column.undecided:
        return _commented(f'{key} = "{UNDECIDED}"', values + _and(column.remark))
    if not column.target:
        return f"{key} = {{ drop = true, loses = {column.loses or 0} }}"
    if column.casts:
        return f"{key} = {{ to = {_text(column.target)}, cast = [{', '.join(map(_text, column.casts))}] }}"
    return f"{key} = {_text(column.target)}"


def _target(column: ColumnMapping) -> str:
    key = _key(column.target)
    if column.undecided:
        default = f"{{ default = true }} is {column.remark}" if column.remark else ""
        return _commented(f'{key} = "{UNDECIDED}"', default)
    if not column.computed:
        return _commented(f"{key} = {{ default = true }}", column.remark)
    cast = f", cast = [{', '.join(map(_text, column.casts))}]" if column.casts else ""
    return f"{key} = {{ compute = {_text(column.computed)}{cast} }}"


def _commented(text: str, remark: str) -> str:
    return f"{text:<56}# {line(remark)}" if remark else text


def _and(remark: str) -> str:
    return f"; {remark}" if remark else ""


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    """Return a basic string of TOML, which is one of JSON but for one sign."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
