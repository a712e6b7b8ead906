"""A declaration as values: the protected tables, each with its rules, policies and grants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from gatepost import sql
from gatepost.declare.source_location import with_source_location
from gatepost.errors import DeclarationError
from gatepost.schema import API_ROLES, Command, Grant, Policy, RowSecurity, is_platform

PROTECTED = RowSecurity(enabled=True, forced=True)
"""The row security of a table whose statement says nothing else."""

if TYPE_CHECKING:
    from gatepost.declare.expression import (
        Expression,  # it imports SQLAlchemy, which is not needed without a declaration
    )

Meaning = Literal["allow", "restrict", "owner", "through", "member", "any", "all"]


@dataclass(frozen=True)
class Rule:
    """One rule as its author wrote it, which is the intent behind the policies.

    `column` is (schema, table, column) of `owner`, `through` and `member`; `columns` limits the grants to some columns,
    and is empty if the rule does not limit them. Rules joined by `|` or `&` are the `parts` of one rule, whose meaning
    is then `any` or `all`. `for_all` makes one policy FOR ALL of it instead of one a command. An owner is read once a
    statement, or `per_row`, and is written before the column, or behind it (`column_first`). `with_check` says whether
    an UPDATE or a policy FOR ALL restates its rows as WITH CHECK, where that is not left to the rule.
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
    parts: tuple[Rule, ...] = ()
    for_all: bool = False
    per_row: bool = False
    column_first: bool = False
    with_check: bool | None = None

    @with_source_location
    def __or__(self, other: object) -> Rule:
        """Join with another rule, or with a condition, so that a row is accessible by either.

        Raises:
            DeclarationError: the two cannot be one rule: their commands, roles or columns differ.
        """
        return self._joined("any", other)

    @with_source_location
    def __and__(self, other: object) -> Rule:
        """Join with another rule, or with a condition, so that a row is accessible only by both.

        Raises:
            DeclarationError: the two cannot be one rule: their commands, roles or columns differ.
        """
        return self._joined("all", other)

    def _joined(self, meaning: Literal["any", "all"], other: object) -> Rule:
        sign = "|" if meaning == "any" else "&"
        right = other if isinstance(other, Rule) else self._with_condition(other, sign)
        if "restrict" in (self.meaning, right.meaning):
            raise DeclarationError(
                f'restrict() cannot be joined by "{sign}"', "give it to protect(…) beside the others"
            )
        for what in ("commands", "roles", "columns", "for_all"):
            mine, its = getattr(self, what), getattr(right, what)
            if mine != its:
                sides = " and ".join(
                    f"{one.meaning}() has {', '.join(found) or 'none' if isinstance(found, tuple) else found}"
                    for one, found in ((self, mine), (right, its))
                )
                raise DeclarationError(
                    f'both sides of "{sign}" must have the same {what.replace("for_all", "FOR ALL")}: {sides}',
                    f'owner(Model.user_id, "select") {sign} member(Model.team_id, "select", of=…, user=…)',
                )
        parts = tuple(
            part
            for one in (self, right)
            for part in (one.parts if one.meaning == meaning and one.name is None else (one,))
        )
        name = self.name or right.name
        bare = tuple(replace(part, name=None) for part in parts)
        return replace(self, meaning=meaning, where=None, check=None, column=None, parent=None, name=name, parts=bare)

    def _with_condition(self, condition: object, sign: str) -> Rule:
        from gatepost.declare.expression import expression  # it imports SQLAlchemy

        reads = expression(condition, sign)
        writes = reads if {"insert", "update"} & set(self.commands) else None
        return replace(self, meaning="allow", where=reads, check=writes, column=None, parent=None, name=None, parts=())

    @property
    def leaves(self) -> tuple[Rule, ...]:
        """The rules that it was joined from, or itself."""
        return tuple(leaf for part in self.parts for leaf in part.leaves) if self.parts else (self,)

    @property
    def derived(self) -> bool:
        """Return whether its rows follow from its meaning, so that no condition need be evaluated."""
        return self.meaning in ("owner", "through") and self.where is None


@dataclass(frozen=True)
class ProtectedTable:
    """One protected table with its rules, policies and grants.

    `policies` have the expressions as declared, `grants` the exact privileges of every role that a token can
    hold, `sequences` the grants on the sequence behind a column. `place` is the file and line of the statement.
    `as_found` says that the table was there before its statement, whose grants and row security describe it.
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
    row_security: RowSecurity = PROTECTED
    as_found: bool = False

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def key(self) -> tuple[str, str]:
        """The pair by which a table is looked up."""
        return (self.schema, self.name)

    @property
    def platform(self) -> bool:
        """Return whether the table is the platform's, so that only its policies can be declared."""
        return is_platform(self.schema)

    def readable(self, role: str, column: str | None) -> bool:
        """Return whether a role is granted SELECT on a column or, without a column, on any column of the table."""
        return any(
            grant.grantee in (role, "public")
            and grant.privilege == "SELECT"
            and (column is None or grant.column in (None, column))
            for grant in self.grants
        )


@dataclass(frozen=True)
class DeclaredFunction:
    """A function; `parameters` are the text between its brackets, `fixed_path` whether it sets its own search path."""

    schema: str
    name: str
    parameters: str
    grants: tuple[Grant, ...]
    definer: bool
    fixed_path: bool

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}({self.parameters})"


@dataclass(frozen=True)
class DeclaredView:
    """A view, with the two options that decide whose privileges it uses and what its conditions hide."""

    schema: str
    name: str
    grants: tuple[Grant, ...]
    security_invoker: bool
    security_barrier: bool

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Declaration:
    """Everything that was declared, sorted by table; `entities` are the functions and views of `[tool.gatepost]`.

    `partial` says that tables without a statement are meant to be left alone.
    """

    tables: tuple[ProtectedTable, ...] = ()
    entities: tuple[DeclaredFunction | DeclaredView, ...] = ()
    partial: bool = False

    def __iter__(self) -> Iterator[ProtectedTable]:
        return iter(self.tables)

    def table(self, schema: str, name: str) -> ProtectedTable | None:
        """Return the declaration of a table, or None if the table is not protected."""
        return self._by_key.get((schema, name))

    @cached_property
    def _by_key(self) -> dict[tuple[str, str], ProtectedTable]:
        return {table.key: table for table in reversed(self.tables)}

    @property
    def roles(self) -> frozenset[str]:
        """Every role that a rule names, and those that a token can always hold."""
        granted = {grant.grantee for table in self.tables if table.as_found for grant in table.grants}
        return frozenset(API_ROLES) | granted | {r for table in self.tables for rule in table.rules for r in rule.roles}

    def checked(self) -> Declaration:
        """Return the declaration itself, if it is consistent as a whole.

        Raises:
            DeclarationError: a rule reads a table that is not protected, that its roles cannot read, or whose own rules
                read back.
        """
        # What was there before it was declared is for `verify` to judge, which names what to change.
        judged = [table for table in self.tables if not table.as_found]
        for table in judged:
            for rule in table.rules:
                for key in _tables_read(table, rule):
                    self._check_read_table(table, rule, key)
        for table in judged:
            self._check_no_circle(table)
        return self

    def _check_read_table(self, child: ProtectedTable, rule: Rule, read: tuple[str, str]) -> None:
        parent = self.table(*read)
        keys = [leaf.parent[2] for leaf in rule.leaves if leaf.parent is not None and leaf.parent[:2] == read]
        how = "through" if keys else "by a subquery on"
        if child.platform and parent is not None and parent.as_found:
            return  # the platform's tables have no as_found() of their own
        if parent is None:
            if is_platform(read[0]):
                return
            raise DeclarationError(
                f'{child.place}: "{child}" is protected {how} "{".".join(read)}", which is not protected',
                f"protect(…, owner(…))  # the model of {'.'.join(read)}",
            )
        key = keys[0] if keys else None
        blind = sorted(role for role in set(rule.roles) - {"service_role"} if not parent.readable(role, key))
        if blind and not parent.platform:
            little = f'no "{key}"' if key is not None and parent.readable(blind[0], None) else "nothing"
            raise DeclarationError(
                f'{child.place}: "{child}" is protected {how} "{parent}", of which "{blind[0]}" may read {little}',
                f'add a rule with "select" for {blind[0]} to the statement at {parent.place}',
            )

    def _check_no_circle(self, table: ProtectedTable) -> None:
        """Refuse policies that read each other, which PostgreSQL stops with "infinite recursion" (42P17).

        It does so at the second visit of a table whose SELECT policy has any subquery, even `(SELECT auth.uid())`.
        """
        ways: list[tuple[tuple[str, str], ...]] = [(key,) for rule in table.rules for key in _tables_read(table, rule)]
        if not ways or not any(_has_sub_select(policy) for policy in table.policies if policy.command == "select"):
            return
        seen: set[tuple[str, str]] = set()
        while ways:
            way = ways.pop()
            if way[-1] == table.key:
                names = " reads ".join(f'"{schema}.{name}"' for schema, name in (table.key, *way))
                raise DeclarationError(
                    f"{table.place}: {names}: their policies would read each other without end",
                    "keep the owner's id on one of them and write owner(…)",
                )
            found = self.table(*way[-1])
            if found is not None and way[-1] not in seen:
                seen.add(way[-1])
                reading = (rule for rule in found.rules if "select" in rule.commands)
                ways.extend((*way, key) for rule in reading for key in _tables_read(found, rule))


def _has_sub_select(policy: Policy) -> bool:
    return any(token.name == "select" for token in sql.tokens(policy.using or ""))


def _tables_read(table: ProtectedTable, rule: Rule) -> list[tuple[str, str]]:
    """Return the other tables that a rule's policies select from."""
    found = {leaf.parent[:2] for leaf in rule.leaves if leaf.parent is not None}
    for written in (one for leaf in rule.leaves for one in (leaf.where, leaf.check)):
        found.update(written.tables if written is not None else ())
    return sorted(found - {table.key})
