"""What was declared, as values: one access story a table, and all of them together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gatepost.errors import DeclarationError
from gatepost.expression import Expression
from gatepost.schema import API_ROLES, Command, Grant, Policy, is_platform

Meaning = Literal["allow", "restrict", "owner", "through"]


@dataclass(frozen=True)
class Rule:
    """One rule as its author wrote it, which is what the policies mean.

    `column` is (schema, table, column) of `owner` and `through`; `columns` limits the grants to some columns, and is
    empty where the rule does not say.
    """

    meaning: Meaning
    commands: tuple[Command, ...]
    roles: tuple[str, ...]
    where: Expression | None = None
    check: Expression | None = None
    column: tuple[str, str, str] | None = None
    parent: tuple[str, str, str] | None = None
    columns: tuple[str, ...] = ()
    name: str | None = None


@dataclass(frozen=True)
class ProtectedTable:
    """The access story of one table.

    `policies` hold the expressions as they were declared, `grants` the exact privileges of every role that a token can
    hold, `sequences` the grants on the sequence behind a column. `place` is the file and line of the statement.
    """

    schema: str
    name: str
    rules: tuple[Rule, ...]
    policies: tuple[Policy, ...]
    grants: tuple[Grant, ...]
    sequences: tuple[tuple[str, tuple[Grant, ...]], ...]
    columns: tuple[str, ...]
    hidden: tuple[str, ...]
    place: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def key(self) -> tuple[str, str]:
        """The pair by which a table is looked up."""
        return (self.schema, self.name)

    @property
    def platform(self) -> bool:
        """Tell whether the table is the platform's, of which only the policies are declared."""
        return is_platform(self.schema)


@dataclass(frozen=True)
class Declaration:
    """Everything that was declared, sorted by table."""

    tables: tuple[ProtectedTable, ...] = ()

    def __iter__(self) -> Iterator[ProtectedTable]:
        return iter(self.tables)

    def table(self, schema: str, name: str) -> ProtectedTable | None:
        """Return the access story of a table, or None where nobody told one."""
        return next((table for table in self.tables if table.key == (schema, name)), None)

    @property
    def roles(self) -> frozenset[str]:
        """Every role that a rule names, and those that a token can always hold."""
        return frozenset(API_ROLES) | {role for table in self.tables for rule in table.rules for role in rule.roles}

    def checked(self) -> Declaration:
        """Return the declaration itself, if it makes sense as a whole.

        Raises:
            DeclarationError: a child is as visible as a parent that nobody can see.
        """
        for table in self.tables:
            for rule in table.rules:
                if rule.meaning == "through":
                    self._check_parent(table, rule)
        return self

    def _check_parent(self, child: ProtectedTable, rule: Rule) -> None:
        assert rule.column is not None and rule.parent is not None  # noqa: S101, PT018  through() sets both
        schema, name, _ = rule.parent
        parent = self.table(schema, name)
        if parent is None:
            raise DeclarationError(
                f'{child.place}: "{child}" is protected through "{schema}.{name}", which nobody protected',
                f"protect(…, owner(…))  # the model of {schema}.{name}",
            )
        readers = {role for other in parent.rules if "select" in other.commands for role in other.roles}
        blind = sorted(set(rule.roles) - readers - {"service_role"})
        if blind and "public" not in readers:
            raise DeclarationError(
                f'{child.place}: "{child}" is protected through "{parent}", of which "{blind[0]}" may read nothing',
                f'add a rule with "select" for {blind[0]} to the statement at {parent.place}',
            )
