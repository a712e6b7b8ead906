"""Read the mapping from the TOML file that `write_toml` wrote and a person edited.

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
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as Table
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from gatepost.errors import TransferError
from gatepost.transfer.mapping.values import WAYS, ColumnMapping, Mapping, TableMapping, Way

VERSION = 1
UNDECIDED = "?"
_TABLE_KEYS = ("to", "drop", "loses", "columns", "target")
_COLUMN_KEYS = ("to", "cast", "ids", "drop", "loses")
_TARGET_KEYS = ("default", "compute", "cast")


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
    reader.known(said, ("version", "ids", "tables"), "")
    tables = tuple(reader.table(name, table) for name, table in reader.tables(said.get("tables", {}), "tables"))
    mapping = Mapping(tables, *reader.ids(said))
    if not mapping.namespace and any(column.ids for table in tables for column in table.columns):
        raise reader.wrong("ids", "is missing, from which the new ids are made", f'namespace = "{uuid4()}"')
    return mapping


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
        ids = self.name(table["ids"], f"{place}.ids") if "ids" in table else ""
        if self.flag(table, "drop", place):
            self.alone(table, place)
            return ColumnMapping(name, loses=self.number(table, place))
        return ColumnMapping(name, self.name(table.get("to", name), f"{place}.to"), self.ways(table, place), ids)

    def target(self, place: str, name: str, said: object) -> ColumnMapping:
        if said == UNDECIDED:
            return ColumnMapping("", name, undecided=True)
        table = self.is_table(said, place, '{ default = true } or { compute = "…" }')
        self.known(table, _TARGET_KEYS, place)
        computed = self.name(table["compute"], f"{place}.compute") if "compute" in table else ""
        if bool(computed) == self.flag(table, "default", place):
            raise self.wrong(place, "is neither a default nor computed", "{ default = true }")
        return ColumnMapping("", name, self.ways(table, place), computed=computed)

    def ids(self, said: Table[str, Any]) -> tuple[str, tuple[tuple[str, str, str], ...]]:
        table = self.is_table(said.get("ids", {}), "ids", "[ids]")
        self.known(table, ("namespace", "known"), "ids")
        namespace = self.uuid(table["namespace"], "ids.namespace") if "namespace" in table else ""
        known = [
            (name, number, self.uuid(new, f"ids.known.{name}.{number}"))
            for name, ids in self.tables(table.get("known", {}), "ids.known")
            for number, new in ids.items()
        ]
        return namespace, tuple(known)

    def uuid(self, said: object, place: str) -> str:
        try:
            return str(UUID(self.name(said, place)))
        except ValueError as error:
            raise self.wrong(place, f"is {said!r}, and not a UUID", f'"{uuid4()}"') from error

    def tables(self, said: object, place: str) -> Iterable[tuple[str, Table[str, Any]]]:
        for name, table in self.is_table(said, place, "[tables.NAME]").items():
            yield name, self.is_table(table, f"{place}.{name}", f"[tables.{name}]")

    def pairs(self, said: Table[str, Any], key: str, place: str) -> Iterable[tuple[str, Any]]:
        return self.is_table(said.get(key, {}), f"{place}.{key}", f"[{place}.{key}]").items()

    def ways(self, said: Table[str, Any], place: str) -> tuple[Way, ...]:
        words = said.get("cast", [])
        found = [way for word in (words if isinstance(words, list) else [words]) for way in WAYS if way == word]
        if len(found) != (len(words) if isinstance(words, list) else 1):
            raise self.wrong(
                f"{place}.cast", f"is {words!r}", f"cast = [{', '.join(map(json.dumps, WAYS))}]  # some of these"
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
