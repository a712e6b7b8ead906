"""What all entities of a revision have alike: alembic-utils runs them, and writes them as Python."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

from alembic_utils.replaceable_entity import ReplaceableEntity
from sqlalchemy import DDL
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler

from gatepost.migrate.entities.source_text import call

log = logging.getLogger("gatepost.migrate")


class RowSecurityDDL(DDL):
    """Statements for PostgreSQL only."""

    def __init__(self, statements: list[str]) -> None:
        # DDL() formats its text with %, and text from an author may hold one.
        super().__init__(";\n".join(statements).replace("%", "%%"))  # type: ignore[no-untyped-call]


@compiles(RowSecurityDDL, "sqlite")
def _skip(element: RowSecurityDDL, _compiler: DDLCompiler, **_options: object) -> str:
    first = str(element.statement).splitlines()[0].replace("%%", "%")
    log.warning("SQLite has no row security; skipped: %s", first)
    return "SELECT 1"


class Entity(ReplaceableEntity):
    """A value that alembic-utils can run and write into revisions.

    A subclass says with which statements, and with which arguments it is made again.
    """

    type_ = "row_security"

    def __init__(self, schema: str, signature: str) -> None:
        self.schema = schema
        self.signature = signature
        self.definition = ";\n".join(self.create_sql())

    def create_sql(self) -> list[str]:
        """Return the statements that create it."""
        raise NotImplementedError

    def replace_sql(self) -> list[str]:
        """Return the statements that make an existing one this."""
        return self.create_sql()

    def drop_sql(self) -> list[str]:
        """Return the statements that drop it."""
        raise NotImplementedError

    def arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that recreate this entity: those without a name, and those with one."""
        raise NotImplementedError

    def name_arguments(self) -> tuple[list[object], dict[str, object]]:
        """Return the arguments that a revision needs to drop it."""
        return self.arguments()

    @classmethod
    def from_database(cls, sess: object, schema: str = "%") -> list[Entity]:  # type: ignore[override]  # noqa: ARG003
        """Return nothing, because `gatepost.migrate.compare` compares these entities all at once."""
        return []

    def to_sql_statement_create(self) -> RowSecurityDDL:  # type: ignore[override]  # DDL needs no escaped colons
        """Return the statements that create it."""
        return RowSecurityDDL(self.create_sql())

    def to_sql_statement_drop(  # type: ignore[override]
        self,
        cascade: bool = False,  # noqa: ARG002  nothing depends on it
    ) -> RowSecurityDDL:
        """Return the statements that drop it."""
        return RowSecurityDDL(self.drop_sql())

    def to_sql_statement_create_or_replace(self) -> Iterator[RowSecurityDDL]:  # type: ignore[override]
        """Yield the statements that create it, and replace an existing one."""
        yield RowSecurityDDL(self.replace_sql())

    def source(self, *, name_only: bool = False) -> str:
        """Return the Python expression that recreates this entity, or one that can be dropped."""
        arguments: tuple[list[Any], dict[str, Any]] = self.name_arguments() if name_only else self.arguments()
        return call(type(self).__name__, *arguments)

    def render_self_for_migration(self, omit_definition: bool = False) -> str:
        """Return Python code that assigns this entity to its name, for operations that are not ours."""
        return f"{self.to_variable_name()} = {self.source(name_only=omit_definition)}\n"

    @classmethod
    def render_import_statement(cls) -> str:
        """Return the import that a revision needs."""
        return f"from gatepost.migrate import {cls.__name__}"

    def to_variable_name(self) -> str:
        """Return a name for the entity in a revision."""
        words = f"{self.schema}_{self.signature}_{self.type_}"
        return f"one_{re.sub(r'[^a-z0-9]+', '_', words.lower()).strip('_')}"
