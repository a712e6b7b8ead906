"""Where the columns of a condition may come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, Uuid, column

from gatepost.adopt.model_names import ModelName, Written


class Untyped(Exception):
    """A condition that has no other form than its text. The message is the reason."""


UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)
"""What the reading of a parse tree raises that is built in another way than those that are written."""


@dataclass(frozen=True)
class From:
    """A table that columns may come from: how Python calls it, what SQLAlchemy has, and how the condition calls it."""

    model: ModelName | None
    code: str
    table: Any
    called: str | None = None

    def is_called(self, name: str) -> bool:
        """Return whether the condition calls it by a name."""
        return bool(name == (self.called or self.table.name))

    def has(self, name: str) -> bool:
        """Return whether it has a column."""
        return name in self.table.c

    def column(self, name: str) -> Written:
        """Return one of its columns."""
        if self.model is None:
            type_ = Uuid if isinstance(self.table.c[name].type, Uuid) else Text
            return Written(f"column({name!r}, {type_.__name__})", column(name, type_()))
        return Written(self.model.column(name, self.code), self.table.c[name])
