"""Write one column as a field of a class, with what was found about its values as a comment."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gatepost import sql
from gatepost.transfer.as_models.constraints import Declared, Reference
from gatepost.transfer.as_models.names import literal
from gatepost.transfer.as_models.types import TEXT, Values
from gatepost.transfer.source.tables import SourceColumn, SourceTable
from gatepost.transfer.values import Type

_PYTHON = {
    "bool": ("bool", ""), "int4": ("int", ""), "int8": ("int", "BigInteger"), "float8": ("float", ""),
    "numeric": ("Decimal", ""), "varchar": ("str", ""), "text": ("str", "Text"), "uuid": ("UUID", ""),
    "json": ("Any", "JSON"), "bytea": ("bytes", ""), "timestamp": ("datetime", "DateTime"),
    "timestamptz": ("datetime", "DateTime(timezone=True)"), "date": ("date", ""), "time": ("time", ""),
    "interval": ("timedelta", ""),
}  # fmt: skip
"""For each type, that of Python, and SQLAlchemy's where SQLModel would take another."""
_NOW = re.compile(r"CURRENT_TIMESTAMP|\(?datetime\('now'\)\)?", re.IGNORECASE)
_TODAY = re.compile(r"CURRENT_DATE|\(?date\('now'\)\)?", re.IGNORECASE)
_EPOCH = re.compile(r".*(?:_at|_on|time|timestamp|date)\Z", re.IGNORECASE)
_WIDTH = 80
_KINDS = {int: "an integer", float: "a float", str: "text", bytes: "a BLOB"}


@dataclass(frozen=True)
class ColumnText:
    """The lines of a field; `lost` is a sentence about what it cannot say, or empty."""

    lines: tuple[str, ...]
    lost: str = ""


def field(
    column: SourceColumn, name: str, found: tuple[Type, Values], declared: Declared, table: SourceTable
) -> ColumnText:
    """Return a column as a field.

    Args:
        column: The column.
        name: Its attribute.
        found: Its type, and what its values are.
        declared: What its table declares.
        table: Its table.
    """
    kind, values = found
    python, alchemy = _PYTHON[kind.family]
    key = column.name in table.key
    nullable = column.name not in declared.not_null and not key
    numbered = key and len(table.key) == 1 and kind.family in ("int4", "int8")
    default, lost = _default(declared.defaults.get(column.name), kind)
    reference = next((one for one in declared.references if one.simple and one.columns == (column.name,)), None)
    options = [
        *_first_options(key, nullable, numbered, kind, default, refers=reference is not None),
        *(["primary_key=True"] if key else []),
        *(_refers(reference) if reference is not None else []),
        *(["unique=True"] if _alone(declared, column.name) else []),
        *([f"sa_type={alchemy}"] if alchemy else []),
        *_sizes(kind),
        *_keywords(column.name, name, default),
    ]
    ignored = "  # type: ignore[call-overload]" if "(" in alchemy else ""
    optional = " | None" if nullable or numbered else ""
    written = f" = Field({', '.join(options)})" if options else ""
    if len(written) > _WIDTH:
        written = f" = Field(\n        {', '.join(options)}\n    )"
    comments = [*_about(column, kind, values), *([f"SQLite's default: {lost}"] if lost else [])]
    lines = (*(f"# {one}" for one in comments), f"{name}: {python}{optional}{written}{ignored}")
    return ColumnText(lines, f"the default {lost}" if lost else "")


def _first_options(key: bool, nullable: bool, numbered: bool, kind: Type, default: str, *, refers: bool) -> list[str]:
    if numbered or (nullable and not default):
        return ["default=None"]
    if key and kind.family == "uuid" and not default and not refers:
        return ["default_factory=uuid4"]
    return ["nullable=True"] if nullable else []


def _default(declared: str | None, kind: Type) -> tuple[str, str]:
    """Return a default as PostgreSQL writes it, and one that it cannot take over; either may be empty."""
    if declared is None or declared.upper() == "NULL":
        return "", ""
    plain = declared.strip("()") if re.fullmatch(r"\(?-?[0-9.]+\)?", declared) else declared
    if kind.family == "bool":
        word = {"1": "true", "0": "false", "true": "true", "false": "false"}.get(plain.strip("'").lower(), "")
        return (word, "") if word else ("", declared)
    if kind.family in ("int4", "int8", "float8", "numeric") and re.fullmatch(
        r"-?[0-9]+(?:\.[0-9]+)?", plain.strip("'")
    ):
        return plain.strip("'"), ""
    if kind.family in ("timestamp", "timestamptz") and _NOW.fullmatch(declared):
        return "CURRENT_TIMESTAMP", ""
    if kind.family == "date" and _TODAY.fullmatch(declared):
        return "CURRENT_DATE", ""
    if kind.family in ("text", "varchar", "json") and (text := re.fullmatch(r"(['\"])(.*)\1", declared, re.DOTALL)):
        return sql.literal(text[2].replace(text[1] * 2, text[1])), ""
    return "", declared


def _alone(declared: Declared, column: str) -> bool:
    return any(key.constraint and key.names == (column,) for key in declared.keys)


def _refers(reference: Reference) -> list[str]:
    action = [f"ondelete={literal(reference.on_delete)}"] if reference.on_delete != "NO ACTION" else []
    return [f"foreign_key={literal(f'{reference.table}.{reference.to[0]}')}", *action]


def _sizes(kind: Type) -> list[str]:
    if kind.family == "varchar":
        return [f"max_length={kind.limit}"]
    if kind.family == "numeric" and kind.precision is not None:
        return [f"max_digits={kind.precision}, decimal_places={kind.limit}"]
    return []


def _keywords(column: str, name: str, default: str) -> list[str]:
    given = [f'"name": {literal(column)}'] if column != name else []
    if default:
        given.append(f'"server_default": text({literal(default)})')
    return [f"sa_column_kwargs={{{', '.join(given)}}}"] if given else []


def _about(column: SourceColumn, kind: Type, values: Values) -> list[str]:
    """Return what a person has to know or decide about a column."""
    declared = column.declared or "no type"
    said = []
    if column.generated:
        said.append("SQLite computes it; here it is a value")
    if kind == TEXT and values.count and len(values.kinds - {str}):
        kinds = " and ".join(sorted(_KINDS[one] for one in values.kinds))
        said.append(f"{declared} in SQLite, and its values are {kinds}")
    elif values.count and _is_inferred(declared.upper(), kind):
        each = f"each of its {values.count} values" if values.count > 1 else "its only value"
        said.append(f"{declared} in SQLite; {each} is {_MEANS[kind.family]}")
    if kind.family in ("int4", "int8", "float8") and _EPOCH.match(column.name) and not column.refers_to:
        said.append("a number that may count from 1970 on: datetime, and gatepost transfer --epoch seconds")
    return said


_MEANS = {
    "uuid": "a UUID", "json": "JSON", "timestamp": "a moment", "timestamptz": "a moment with an offset",
    "date": "a day", "bool": "0 or 1", "numeric": "an amount with two decimals",
}  # fmt: skip


def _is_inferred(declared: str, kind: Type) -> bool:
    """Return whether the values say more than the declaration does."""
    words = {
        "uuid": "UUID", "json": "JSON", "timestamp": "TIME", "timestamptz": "TIME", "date": "DATE", "bool": "BOOL",
    }  # fmt: skip
    if kind.family == "numeric":
        return any(word in declared for word in ("REAL", "FLOA", "DOUB")) and kind.precision is not None
    return kind.family in words and words[kind.family] not in declared
