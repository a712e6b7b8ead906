"""The names that a written file of policies imports, and from where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from gatepost.adopt.layout import WIDTH

GATEPOST = frozenset(
    "Role allow anon anything as_found authenticated bucket call claim claims folder jwt member owner protect public"
    " restrict role service_role text through topic uid".split()
)
POSTGRESQL = frozenset(("JSONB", "array"))
SQLALCHEMY = frozenset(
    "BigInteger Boolean Date DateTime Double Integer Numeric SmallInteger Text Uuid all_ and_ any_ case cast column"
    " extract false func join literal literal_column not_ null or_ outerjoin quoted_name select true tuple_".split()
)


def imports(words: Set[str]) -> Iterator[str]:
    """Yield the imports of the names that a file uses, one line a module."""
    for module, names in (
        ("gatepost", words & GATEPOST),
        ("sqlalchemy", words & SQLALCHEMY),
        ("sqlalchemy.dialects.postgresql", words & POSTGRESQL),
        ("sqlalchemy.orm", words & {"aliased"}),
    ):
        if names:
            yield import_of(module, names)


def import_of(module: str, names: Iterable[str]) -> str:
    """Return the import of some names, in brackets where it is long."""
    listed = sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    line = f"from {module} import {', '.join(listed)}"
    if len(line) > WIDTH:
        line = f"from {module} import (\n" + "".join(f"    {name},\n" for name in listed) + ")"
    return f"{line}\n"
