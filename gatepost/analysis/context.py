"""Hold everything that a rule may read: the live database, its declaration, and what was computed from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from gatepost.analysis import Analysis, PolicyFacts
from gatepost.analysis.auth_hooks import hooked
from gatepost.analysis.by_identity import ByIdentity
from gatepost.analysis.function_effects import Bodies
from gatepost.analysis.privileges import Privileges
from gatepost.analysis.row_ownership import RowOwnership
from gatepost.analysis.ways.undecided_conditions import undecided
from gatepost.declare.declaration import Declaration, ProtectedTable
from gatepost.diff import Change, TableState, diff, live_state, managed_roles
from gatepost.finding import NotChecked
from gatepost.schema import Policy, Revoked, Schema, Table, is_platform

VERSION_TABLE = "alembic_version"
"""Alembic's own table. It is closed to the API but not forced, because its owner may have no other privilege."""


def is_version_table(table: Table) -> bool:
    """Return whether a table is Alembic's own, also under the name that a project gives it by `version_table`.

    Source: `alembic.ddl.impl.DefaultImpl.version_table_impl` names its one column and its primary key.
    """
    keys = {index.name for index in table.indexes if index.primary}
    columns = [column.name for column in table.columns]
    return table.name == VERSION_TABLE or (columns == ["version_num"] and keys == {f"{table.name}_pkc"})


@dataclass(frozen=True)
class Context:
    """The live database and its declaration.

    `declared` holds the state of each declared table with its expressions as PostgreSQL prints them. A table whose
    expressions could not be printed is missing there and is reported as not checked. `left_out` are tables, policies
    and functions, as reports write them, that are not looked at. `revoked` are privileges on columns that
    the scripts of a source took away to no effect.
    """

    live: Schema
    declaration: Declaration | None = None
    declared: Mapping[tuple[str, str], TableState] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    revoked: tuple[Revoked, ...] = ()

    def without(self, subject: str) -> Context:
        """Return the same database with one table, policy or function less to look at.

        What was computed about the whole database stands. A function that is left out is only not looked at itself.

        Args:
            subject: The object, as reports write it.
        """
        functions = tuple(one for one in self.live.functions if str(one) != subject)
        fewer = replace(self, live=replace(self.live, functions=functions), left_out=self.left_out | {subject})
        shared = ("privileges", "bodies", "analysis", "ownership", "trusted_tables")
        fewer.__dict__.update({name: self.__dict__[name] for name in shared if name in self.__dict__})
        return fewer

    def _kept(self, table: Table) -> bool:
        return str(table) not in self.left_out

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The project's own tables in the schemas that the Data API serves, without those of extensions."""
        exposed = set(self.live.exposed)
        return tuple(
            table
            for table in self.live.tables
            if table.schema in exposed
            and not is_platform(table.schema)
            and table.extension is None
            and self._kept(table)
        )

    @cached_property
    def roles(self) -> frozenset[str]:
        """The grantees that a token of the Data API can hold, and PUBLIC."""
        return managed_roles(self.declaration or Declaration(), self.live)

    @cached_property
    def privileges(self) -> Privileges:
        """Who may do what, from grants, memberships, ownership and row security together."""
        return Privileges(self.live)

    @cached_property
    def reachable_tables(self) -> tuple[Table, ...]:
        """The project's tables in every schema that the Data API serves or that an API role may use."""
        schemas = set(self.privileges.exposed)
        return tuple(t for t in self.live.tables if t.schema in schemas and t.extension is None and self._kept(t))

    @cached_property
    def bodies(self) -> Bodies:
        """What the functions read, write and call."""
        return Bodies(self.live)

    @cached_property
    def analysis(self) -> Analysis:
        """The conditions of the policies, parsed and followed into functions."""
        return Analysis(self.live, self.privileges)

    @cached_property
    def ownership(self) -> RowOwnership:
        """The columns that a condition ties to the caller."""
        return RowOwnership(self.analysis)

    @cached_property
    def decisive(self) -> tuple[PolicyFacts, ...]:
        """The policies of tables whose row security is on, including declared ones."""
        return tuple(
            one
            for one in self.analysis.policies
            if one.table.row_security.enabled and self._kept(one.table) and str(one.policy) not in self.left_out
        )

    @cached_property
    def undeclared(self) -> tuple[PolicyFacts, ...]:
        """The decisive policies that are not declared."""
        return tuple(one for one in self.decisive if not self.is_declared(one.policy))

    @cached_property
    def trusted_tables(self) -> frozenset[tuple[str, str]]:
        """The tables that policies of other tables read, or from which token claims are taken."""
        return self.bodies.trusted | {table.key for _, table, _ in hooked(self.bodies)}

    @cached_property
    def loose(self) -> ByIdentity[tuple[str, ...]]:
        """What `policy_questions.loose_roles` found for a policy and a command: many rules use it."""
        return ByIdentity()

    def not_analysed(self) -> tuple[NotChecked, ...]:
        """Return the conditions that could not be parsed or decided, if a rule needed them."""
        if "analysis" not in self.__dict__:
            return ()
        return (
            *(NotChecked(what, why, ours=True) for what, why in self.analysis.unread),
            *undecided(self.decisive, self.analysis, self.ownership),
        )

    def is_declared(self, policy: Policy) -> bool:
        """Return whether the declaration of a table contains this policy, so that it is intended."""
        if self.declaration is None:
            return False
        declared = self.declaration.table(policy.schema, policy.table)
        return declared is not None and any(one.name == policy.name for one in declared.policies)

    def declaration_of(self, table: Table) -> ProtectedTable | None:
        """Return the declaration of a table, or None where it has none."""
        return self.declaration.table(table.schema, table.name) if self.declaration is not None else None

    def drift(self) -> Iterator[Change]:
        """Yield each change that would make the database match the declaration."""
        for key, state in self.declared.items():
            there = self.live.table(*key)
            if there is not None:
                yield from diff(state, live_state(there, self.live, self.roles))

    def place(self, key: tuple[str, str]) -> str:
        """Return where the access to a table was declared."""
        declared = self.declaration.table(*key) if self.declaration is not None else None
        return declared.place if declared is not None else "what Alembic's own table must be"
