"""Where the columns of a condition may come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, Uuid, column

from gatepost.adopt.model_names import ModelName, Written


class Untyped(Exception):
    """A condition that has no other form than its text. The message is the reason."""


@dataclass(frozen=True)
class From:
    """A table that columns may come from: how Python calls it, and what SQLAlchemy has."""

    model: ModelName | None
    code: str
    table: Any

    def has(self, name: str) -> bool:
        """Return whether it has a column."""
        return name in self.table.c

    def column(self, name: str) -> Written:
        """Return one of its columns."""
        if self.model is None:
            type_ = Uuid if isinstance(self.table.c[name].type, Uuid) else Text
            return Written(f"column({name!r}, {type_.__name__})", column(name, type_()))
        return Written(self.model.column(name, self.code), self.table.c[name])
