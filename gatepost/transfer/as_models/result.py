"""Read a SQLite file and return the module of its models, with what they cannot say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gatepost.errors import TransferError
from gatepost.transfer.as_models.circles import without_circles
from gatepost.transfer.as_models.classes import table_text
from gatepost.transfer.as_models.constraints import declared
from gatepost.transfer.as_models.names import class_names
from gatepost.transfer.as_models.types import inferred
from gatepost.transfer.mapping.frameworks import framework
from gatepost.transfer.source.sqlite import Source

_FROM = (
    ("datetime", "date datetime time timedelta"),
    ("decimal", "Decimal"),
    ("typing", "Any ClassVar"),
    ("uuid", "UUID uuid4"),
    (
        "sqlalchemy",
        "JSON BigInteger Boolean Column Date DateTime Double ForeignKey ForeignKeyConstraint Index Integer Interval"
        " LargeBinary Numeric String Table Text Time UniqueConstraint Uuid text",
    ),
    ("sqlmodel", "Field SQLModel"),
)


@dataclass(frozen=True)
class Written:
    """The files of `models/`, by name; how many tables they have; and sentences about what they cannot say."""

    files: dict[str, str]
    tables: int
    lost: tuple[str, ...]


def written_models(path: Path) -> Written:
    """Return SQLModel classes for the tables of a SQLite file, into which `gatepost transfer` moves every row.

    The tables in which a framework keeps its migrations are left out, and so is what PostgreSQL could not read: views,
    triggers and virtual tables.

    Args:
        path: The file, of which every row is read and nothing is written.

    Raises:
        TransferError: it cannot be read, or has no table.
    """
    with Source(path) as source:
        tables = [table for table in source.tables if framework(table.name) is None]
        if not tables:
            raise TransferError(f'"{path}" has no table of an application')
        by_name = {table.name.lower(): table for table in tables}
        known = without_circles({table.name: declared(source.connection, table, by_name) for table in tables})
        types = inferred(source, tables, {name: one.references for name, one in known.items()})
        names, taken = class_names(table.name for table in tables), {table.name for table in tables}
        texts = {table.name: table_text(table, names[table.name], known[table.name], types, taken) for table in tables}
        lost = [f"{name}: {one}" for name, text in texts.items() for one in text.lost]
        lost += [f'the table "{one.name}", of {framework(one.name)}' for one in source.tables if one not in tables]
        lost += [f'the virtual table "{name}"' for name in source.passed_over]
        query = "SELECT type, name FROM main.sqlite_master WHERE type IN ('view', 'trigger') ORDER BY 1, 2"
        lost += [f'the {kind} "{name}"' for kind, name in source.connection.execute(query)]
    body = "\n\n".join(text.text for text in texts.values())
    naive = _NAIVE if any(kind.family == "timestamp" for kind, _ in types.values()) else ""
    head = f'"""The tables of a SQLite file, inferred by `gatepost adopt`. Read each comment.{naive}"""'
    return Written(
        {"__init__.py": _PACKAGE, "tables.py": f"{head}\n\n{_imports(body)}\n\n{body}"}, len(tables), tuple(lost)
    )


_WIDTH = 110
_NAIVE = """

The moments of a `DateTime` have no offset in SQLite. Where they are in UTC, `DateTime(timezone=True)` says so.
"""
_PACKAGE = '''"""The models of the database."""

from sqlmodel import SQLModel

from models import tables  # noqa: F401

metadata = SQLModel.metadata
'''


def _imports(body: str) -> str:
    code = "\n".join(line for line in body.splitlines() if not line.lstrip().startswith("#"))
    used = set(re.findall(r"\b\w+\b", re.sub(r'"[^"\n]*"', "", code)))
    lines = [(module, [name for name in names.split() if name in used]) for module, names in _FROM]
    written = [_import(module, found) for module, found in lines if found]
    return "".join(f"\n{one}" if one.startswith("from sqlalchemy") and at else one for at, one in enumerate(written))


def _import(module: str, names: list[str]) -> str:
    together = f"from {module} import {', '.join(names)}\n"
    apart = f"from {module} import (\n{''.join(f'    {one},{chr(10)}' for one in names)})\n"
    return together if len(together) < _WIDTH else apart
