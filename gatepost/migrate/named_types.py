"""Create the ENUMs and domains of new columns before they are needed, and drop them in the downgrade.

Alembic leaves both to the project. `create_table` silently creates a type, `add_column` does not, and neither
`drop_table` nor `drop_column` drops it, so a second upgrade fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import ops

from gatepost import sql

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from gatepost.canonical import NamedType


class NewTypeOp(ops.MigrateOperation):
    """A type that comes with the revision; `made` says that `create_table` makes it on the way."""

    def __init__(self, type_: NamedType, made: bool) -> None:
        self.type_ = type_
        self.made = made

    def reverse(self) -> ops.MigrateOperation:
        """Return the step back."""
        return ops.ExecuteSQLOp(f"DROP {self.type_.kind} {self.name}")

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return what `alembic check` shows."""
        return ("create_type", f"{self.type_.schema}.{self.type_.name}")

    @property
    def name(self) -> str:
        """The type's qualified name, as SQL."""
        return sql.qualified(self.type_.schema, self.type_.name)


@renderers.dispatch_for(NewTypeOp)
def _render(_context: AutogenContext, op: NewTypeOp) -> list[str]:
    create = f"CREATE {op.type_.kind} {op.name} {op.type_.definition}"
    return [] if op.made else [f"op.execute({create!r})"]
