"""Write the mapping as a TOML file for a person to edit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import uuid4

from gatepost.display import line
from gatepost.errors import TransferError
from gatepost.transfer.mapping.read_toml import UNDECIDED, VERSION
from gatepost.transfer.mapping.values import WAYS, ColumnMapping, Mapping, TableMapping, counted

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEAD = """\
# What becomes of every table and column of {source}. Edit it, then: gatepost transfer … --mapping {file}
# A column of the source: its name in the target, {{ to = "name", cast = [{ways}] }},
# or {{ drop = true, loses = VALUES }}. A column of the target alone: {{ default = true }}, or
# {{ compute = "EXPRESSION" }} with an expression of SQLite over the row. "?" is what somebody has to decide.
# ids = "TABLE" makes a UUID of each number of that table, the same in every run. Keep this file as you keep a secret.
version = {version}
"""


def written(mapping: Mapping, source: str, file: str) -> str:
    """Return a mapping as the text of a file.

    Args:
        mapping: What becomes of every table and column.
        source: The name of the source, for the comment.
        file: The name of the file, for the comment.
    """
    head = _HEAD.format(source=line(source), file=line(file), ways=", ".join(map(_text, WAYS)), version=VERSION)
    if any(column.ids for table in mapping.tables for column in table.columns):
        head += _ids(mapping)
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


def _ids(mapping: Mapping) -> str:
    """Return the namespace of the new ids, made once: the same numbers become the same UUIDs in every run."""
    known = [
        f"[ids.known.{_key(name)}]\n"
        + "\n".join(f"{_key(n)} = {_text(new)}" for table, n, new in mapping.known if table == name)
        for name in dict.fromkeys(table for table, _, _ in mapping.known)
    ]
    return "\n".join(["", "[ids]", f"namespace = {_text(mapping.namespace or str(uuid4()))}", *known, ""])


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
    if column.casts or column.ids:
        cast = f", cast = [{', '.join(map(_text, column.casts))}]" if column.casts else ""
        ids = f", ids = {_text(column.ids)}" if column.ids else ""
        return f"{key} = {{ to = {_text(column.target)}{cast}{ids} }}"
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
