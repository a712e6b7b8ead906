"""What a finding is about: a table or one of its policies, and which commands; or a view or a function."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from gatepost.analysis.conditions.bodies.inlining import Follower
from gatepost.analysis.ways.cutter import Cutter
from gatepost.analysis.ways.written_bodies import body_ways, cutter_of
from gatepost.finding import Finding
from gatepost.schema import COMMANDS, Command, Function, Policy, Schema, Table

_OBSERVED_READS = frozenset(
    "foreign-row-read user-metadata-trusted request-trusted colleague-row-read look-alike-address".split()
)
_OBSERVED_WRITES: dict[str, Command] = {
    "row-forged": "insert",
    "row-moved-to-another": "update",
    "own-row-approved": "update",
    "own-power-taken": "update",
}
_WRITE = re.compile(r"(?:: |; )(INSERT|UPDATE|DELETE)\b")


@dataclass(frozen=True)
class Subject:
    """What a finding is about.

    Args:
        name: The object, as the finding has it.
        table: The table, where it is about one or its policy.
        policy: The policy, where it is about one.
        commands: The commands that it is about; all where it says none.
        ways: In how many ways it can return a row, where it is a function without arguments.
        is_view: Whether it is a view.
    """

    name: str
    table: Table | None = None
    policy: Policy | None = None
    commands: frozenset[Command] = frozenset(COMMANDS)
    ways: int = 1
    is_view: bool = False


@dataclass(frozen=True)
class Subjects:
    """Finds what findings are about in one database."""

    live: Schema

    @cached_property
    def _tables(self) -> dict[str, Table]:
        return {str(table): table for table in self.live.tables}

    @cached_property
    def _views(self) -> frozenset[str]:
        return frozenset(str(view) for view in self.live.views)

    @cached_property
    def _policies(self) -> dict[str, tuple[Table, Policy]]:
        return {str(policy): (table, policy) for table in self.live.tables for policy in table.policies}

    @cached_property
    def _functions(self) -> dict[str, Function]:
        return {str(function): function for function in self.live.functions if not function.arguments}

    @cached_property
    def _cutter(self) -> Cutter:
        return cutter_of(self.live, Follower(self.live))

    def of(self, finding: Finding) -> Subject:
        """Return what a finding is about; a policy wins over a table of the same text."""
        table, policy = self._policies.get(finding.object, (None, None))
        table = table or self._tables.get(finding.object)
        function = self._functions.get(finding.object)
        ways = len(body_ways(function, self._cutter)) if function is not None else 1
        is_view = table is None and finding.object in self._views
        return Subject(finding.object, table, policy, _commands(finding, policy), ways, is_view)

    def table_of(self, name: str) -> Table | None:
        """Return the table of a name as reports write it."""
        return self._tables.get(name)


def in_force(table: Table, commands: frozenset[Command]) -> tuple[Policy, ...]:
    """Return the policies of a table that decide about one of some commands."""
    return tuple(policy for policy in table.policies if policy.command == "all" or policy.command in commands)


def _commands(finding: Finding, policy: Policy | None) -> frozenset[Command]:
    if finding.rule in _OBSERVED_READS:
        return frozenset({"select"})
    if finding.rule in _OBSERVED_WRITES:
        return frozenset({_OBSERVED_WRITES[finding.rule]})
    if finding.rule == "escalation":  # its detail is the table whose rows became visible
        writes = _WRITE.findall((finding.witness or "").partition("; then ")[0])
        return frozenset(command for command in COMMANDS if command.upper() in writes) or frozenset(COMMANDS)
    said = finding.detail.partition(":")[0]
    named = frozenset(command for command in COMMANDS if command == said)
    if named:
        return named
    if policy is not None and policy.command != "all":
        return frozenset({policy.command})
    return frozenset(COMMANDS)
