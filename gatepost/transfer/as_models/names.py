"""Name the classes of tables and the attributes of columns, as Python and SQLModel allow."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Callable, Iterable

from sqlmodel import SQLModel

_WORDS = frozenset(
    "Any BigInteger CheckConstraint ClassVar Column Date DateTime Decimal Field ForeignKeyConstraint Index JSON"
    " LargeBinary Numeric SQLModel Table Text UUID UniqueConstraint date datetime text time timedelta uuid4".split()
)
"""Names that the module imports."""


def class_names(tables: Iterable[str]) -> dict[str, str]:
    """Return the class of each table: `StreamChunk` for `stream_chunks`."""
    return _unique(tables, _class_name, _WORDS)


def attributes(columns: Iterable[str]) -> dict[str, str]:
    """Return the attribute of each column: its name, where that is one."""
    return _unique(columns, _attribute, frozenset(dir(SQLModel)) | {"registry"} | _WORDS)


def literal(text: str) -> str:
    """Return a text as Python's source writes it."""
    return repr(text) if '"' in text else json.dumps(text, ensure_ascii=False)


def _unique(names: Iterable[str], how: Callable[[str], str], taken: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        written = how(name)
        while written in taken or written in found.values() or keyword.iskeyword(written):
            written += "_"
        found[name] = written
    return found


def _class_name(table: str) -> str:
    parts = [part for part in re.split(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])", table) if part] or ["table"]
    parts[-1] = _one_of(parts[-1])
    written = "".join(part[0].upper() + part[1:] for part in parts)
    return written if written.isidentifier() else f"Table{written}"


def _one_of(word: str) -> str:
    """Return the word for one of several, for words that follow a rule."""
    for end, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.lower().endswith(end) and len(word) > len(end) + 1:
            return word[: -len(end)] + instead
    return word[:-1] if re.search(r"[^aiou'sS]s\Z", word) and len(word) > 2 else word


def _attribute(column: str) -> str:
    written = re.sub(r"\W+", "_", column).strip("_") or "column"
    written = f"column_{written}" if not written.isidentifier() else written
    return f"{written}_" if written.startswith("model_") else written
