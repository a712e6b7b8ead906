"""A UUID for each number that identifies a row: the same in every run, and wherever another row refers to it.

It is the UUID of version 5 of the table and the number (RFC 9562, section 5.5), in a namespace that the mapping keeps.
The namespace is a secret of the mapping: whoever knows it can compute the new id of every number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5


@dataclass(frozen=True)
class NewIds:
    """The new ids of one table of the source; `known` are the numbers that have a UUID already."""

    namespace: str
    table: str
    known: tuple[tuple[str, str], ...] = ()

    def of(self, value: Any) -> Any:  # noqa: ANN401 - SQLite keeps any value in any column
        """Return the UUID of a number, also of one that is written as text; anything else as it is."""
        if not isinstance(value, int) and not (isinstance(value, str) and value.isascii() and value.isdigit()):
            return value
        number = str(int(value))
        return self._by_number.get(number) or str(uuid5(self._namespace, f"{self.table.lower()}:{number}"))

    @cached_property
    def _namespace(self) -> UUID:
        return UUID(self.namespace)

    @cached_property
    def _by_number(self) -> dict[str, str]:
        return dict(self.known)
