"""The entities of row security: a policy, and the row security of a table."""

from __future__ import annotations

from collections.abc import Sequence

from gatepost import ddl
from gatepost.diff import TableRowSecurity
from gatepost.errors import MigrationError
from gatepost.migrate.entities.base import Entity
from gatepost.migrate.entities.source_text import unblocked
from gatepost.schema import COMMANDS, Command, Policy, RowSecurity


class ClosedPartitions(Entity):
    """The partitions of a table, closed to the API, which reads and writes their rows through the table.

    Args:
        schema: The table's schema.
        table: The partitioned table.
    """

    type_ = "partitions"

    def __init__(self, schema: str, table: str) -> None:
        self.table = table
        super().__init__(schema, table)

    @property
    def identity(self) -> str:
        """Return what names the partitions of a table among all."""
        return f"partitions of {self.schema}.{self.table}"

    def create_sql(self) -> list[str]:
        """Return the statement that closes whichever partitions there are where it runs."""
        return [ddl.close_partitions(self.schema, self.table)]

    def drop_sql(self) -> list[str]:
        """Return a statement that does nothing, since a downgrade opens no partition."""
        return ["SELECT 1"]

    def arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that recreate this entity."""
        return [self.schema, self.table], {}


class PolicyEntity(Entity):
    """One policy.

    Args:
        schema: The table's schema.
        table: The table.
        name: The policy's name, as it is: `Users can read`.
        command: `all`, `select`, `insert`, `update` or `delete`.
        roles: Whom it is for; `public` is PUBLIC.
        using: The condition on rows that are there, as SQL.
        check: The condition on rows that are written, as SQL.
        permissive: False for AS RESTRICTIVE.
        comment: What COMMENT ON POLICY said of it.
    """

    type_ = "policy"

    def __init__(
        self,
        schema: str,
        table: str,
        name: str,
        command: Command = "all",
        roles: Sequence[str] = ("public",),
        using: str | None = None,
        check: str | None = None,
        permissive: bool = True,
        comment: str | None = None,
    ) -> None:
        if command not in ("all", *COMMANDS):
            raise MigrationError(f'"{command}" is not a command of a policy', "all, select, insert, update or delete")
        conditions = unblocked(using), unblocked(check)
        named = schema, table, name, command, tuple(sorted(roles))
        self.value = Policy(*named, permissive, *conditions, comment=comment)
        super().__init__(schema, f"{table}_{name}")

    @property
    def identity(self) -> str:
        """Return what names the policy among all."""
        return f"policy {self.value}"

    def create_sql(self) -> list[str]:
        """Return the statements that create it."""
        return ddl.create_sql(self.value)

    def replace_sql(self) -> list[str]:
        """Return the statements that make an existing policy this."""
        return ddl.replace_sql(self.value)

    def drop_sql(self) -> list[str]:
        """Return the statements that drop it."""
        return ddl.drop_sql(self.value)

    def arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that recreate this entity."""
        value = self.value
        optional: dict[str, object] = {"using": value.using, "check": value.check, "comment": value.comment}
        named = {name: given for name, given in optional.items() if given is not None}
        positional: list[object] = [value.schema, value.table, value.name, value.command, list(value.roles)]
        return positional, named if value.permissive else named | {"permissive": False}

    def name_arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that a revision needs to drop it."""
        return [self.value.schema, self.value.table, self.value.name], {}


class RowSecurityEntity(Entity):
    """Row security of one table: whether it is on, and whether it holds for the table's owner too."""

    def __init__(self, schema: str, table: str, enabled: bool = True, forced: bool = True) -> None:
        self.value = TableRowSecurity(schema, table, RowSecurity(enabled, forced))
        super().__init__(schema, table)

    @property
    def identity(self) -> str:
        """Return what names the row security of a table among all."""
        return f"row security of {self.schema}.{self.value.table}"

    def create_sql(self) -> list[str]:
        """Return the statements that switch it to this."""
        return ddl.create_sql(self.value)

    def drop_sql(self) -> list[str]:
        """Return the statements that switch it off."""
        return ddl.drop_sql(self.value)

    def arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that recreate this entity."""
        state = self.value.state
        named = {name: False for name, on in (("enabled", state.enabled), ("forced", state.forced)) if not on}
        return [self.value.schema, self.value.table], dict(named)

    def name_arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that a revision needs to drop it."""
        return [self.value.schema, self.value.table], {}
