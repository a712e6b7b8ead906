"""The entities of what tables need before they are made: an ENUM or a domain, one more label, a schema."""

from __future__ import annotations

from collections.abc import Sequence

from gatepost import sql
from gatepost.migrate.entities.base import Entity, RowSecurityDDL, log


class EnumEntity(Entity):
    """An ENUM type.

    Args:
        schema: Its schema.
        name: Its name.
        labels: Its labels, in their order.
    """

    type_ = "enum"

    def __init__(self, schema: str, name: str, labels: Sequence[str]) -> None:
        self.name = name
        self.labels = list(labels)
        super().__init__(schema, name)

    @property
    def identity(self) -> str:
        """Return what names the type among all."""
        return f"type {self.schema}.{self.name}"

    def create_sql(self) -> list[str]:
        """Return the statements that create it."""
        labels = ", ".join(map(sql.literal, self.labels))
        return [f"CREATE TYPE {sql.qualified(self.schema, self.name)} AS ENUM ({labels})"]

    def drop_sql(self) -> list[str]:
        """Return the statements that drop it."""
        return [f"DROP TYPE {sql.qualified(self.schema, self.name)}"]

    def arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that recreate this entity."""
        return [self.schema, self.name, self.labels], {}


class EnumLabel(Entity):
    """One more label of an ENUM type that is there; it can be used only when it is committed, in an autocommit_block.

    PostgreSQL drops no label, and rows may hold it by then. So a downgrade leaves it and says so, and another upgrade
    finds it. https://www.postgresql.org/docs/17/sql-altertype.html

    Args:
        schema: The type's schema.
        type_name: The type.
        label: The label.
        after: The label that it comes after.
        before: The label that it comes before.
    """

    type_ = "label"

    def __init__(
        self, schema: str, type_name: str, label: str, after: str | None = None, before: str | None = None
    ) -> None:
        self.type_name = type_name
        self.label = label
        self.place = {name: other for name, other in (("after", after), ("before", before)) if other is not None}
        super().__init__(schema, f"{type_name}_{label}")

    @property
    def identity(self) -> str:
        """Return what names the label among all."""
        return f"label {self.label} of {self.schema}.{self.type_name}"

    def create_sql(self) -> list[str]:
        """Return the statements that add it."""
        place = "".join(f" {name.upper()} {sql.literal(other)}" for name, other in self.place.items())
        name = sql.qualified(self.schema, self.type_name)
        return [f"ALTER TYPE {name} ADD VALUE IF NOT EXISTS {sql.literal(self.label)}{place}"]

    def drop_sql(self) -> list[str]:
        """Return a statement that does nothing."""
        return ["SELECT 1"]

    def to_sql_statement_drop(self, cascade: bool = False) -> RowSecurityDDL:  # type: ignore[override]
        """Return a statement that does nothing, and say that the label stays."""
        log.warning(
            'PostgreSQL drops no label: "%s" of the type "%s.%s" stays', self.label, self.schema, self.type_name
        )
        return super().to_sql_statement_drop(cascade)

    def arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that recreate this entity."""
        return [self.schema, self.type_name, self.label], dict(self.place)


class DomainEntity(Entity):
    """A domain.

    Args:
        schema: Its schema.
        name: Its name.
        definition: What follows AS: the type, and what else the domain says of it.
    """

    type_ = "domain"

    def __init__(self, schema: str, name: str, definition: str) -> None:
        self.name = name
        self.definition_ = definition
        super().__init__(schema, name)

    @property
    def identity(self) -> str:
        """Return what names the domain among all."""
        return f"type {self.schema}.{self.name}"

    def create_sql(self) -> list[str]:
        """Return the statements that create it."""
        return [f"CREATE DOMAIN {sql.qualified(self.schema, self.name)} AS {self.definition_}"]

    def drop_sql(self) -> list[str]:
        """Return the statements that drop it."""
        return [f"DROP DOMAIN {sql.qualified(self.schema, self.name)}"]

    def arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that recreate this entity."""
        return [self.schema, self.name, self.definition_], {}


class SchemaEntity(Entity):
    """A schema.

    Args:
        schema: Its name.
    """

    type_ = "schema"

    def __init__(self, schema: str) -> None:
        super().__init__(schema, schema)

    @property
    def identity(self) -> str:
        """Return what names the schema among all."""
        return f"schema {self.schema}"

    def create_sql(self) -> list[str]:
        """Return the statements that create it."""
        return [f"CREATE SCHEMA {sql.identifier(self.schema)}"]

    def drop_sql(self) -> list[str]:
        """Return the statements that drop it; what somebody else put into it stays, and is named."""
        return [f"DROP SCHEMA {sql.identifier(self.schema)}"]

    def arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that recreate this entity."""
        return [self.schema], {}
