"""Put the question behind most findings: whether a caller can use a command with a row that is somebody else's."""

from __future__ import annotations

from dataclasses import replace

from gatepost.analysis.conditions.terms import (
    FALSE,
    TRUE,
    Cast,
    Column,
    Compare,
    Session,
    Term,
    conjunction,
    disjunction,
)
from gatepost.analysis.policies import Analysis
from gatepost.analysis.solver.answers import Answer
from gatepost.analysis.solver.given.frame import Frame
from gatepost.analysis.solver.given.sql_types import TEXTS
from gatepost.analysis.solver.questions import can_pass
from gatepost.schema import Command, Table


def can(
    analysis: Analysis,
    caller: str,
    command: Command,
    table: Table,
    beyond: Term | None = None,
    *,
    missing_claims: bool = False,
) -> Answer:
    """Return whether a caller can use a command with a row of a table though it is not allowed.

    An UPDATE must pass the condition on the row as it was; what it may be changed to is another question.

    Args:
        analysis: The database's policies.
        caller: The role. It is signed in, but for `anon`.
        command: The command.
        table: The table, whose row security is on.
        beyond: The rows that are the caller's own. Without it, those of which an owner column holds the caller's id;
            every row belongs to somebody then.
        missing_claims: Whether the caller's token lacks every claim that not all tokens have.

    Returns:
        `RuledOut` where no row, no claims and no content of other tables let the caller pass; a `Candidate` with
        values that do, as far as the conditions were followed; `NotKnown` with the reason.
    """
    owners = analysis.owner_columns(table) if beyond is None else frozenset()
    own = beyond if beyond is not None else _own(table, owners)
    who = replace(analysis.caller(caller), missing_claims=missing_claims)
    frame = Frame(table, analysis.live, who, owners)
    return can_pass(passing(analysis, caller, command, table), frame, beyond=own)


def passing(analysis: Analysis, caller: str, command: Command, table: Table) -> Term:
    """Return what a row must fulfil so that a caller can use a command with it.

    Args:
        analysis: The database's policies.
        caller: The role.
        command: The command.
        table: The table, whose row security is on.
    """
    policies = [
        one
        for one in analysis.by_table.get(table.key, ())
        if command in one.commands and caller in one.callers[command]
    ]
    permissive = [one.condition(command) for one in policies if one.policy.permissive]
    restrictive = [one.condition(command) for one in policies if not one.policy.permissive]
    return conjunction(disjunction(*permissive) if permissive else FALSE, *(restrictive or [TRUE]))


def _own(table: Table, owners: frozenset[str]) -> Term:
    """Return that one of the columns that say who owns a row holds the caller's id."""
    same: list[Term] = []
    for name in sorted(owners):
        column = table.column(name)
        type_ = column.type.partition("(")[0] if column is not None else ""
        if type_ == "uuid":
            same.append(Compare("=", Column("", name), Session("uid")))
        elif type_ in TEXTS:
            same.append(Compare("=", Column("", name), Cast(Session("uid"), "text")))
    return disjunction(*same) if same else FALSE
