"""Decide whether a row was sent in from outside, as feedback, a form, a support request or an order is."""

from __future__ import annotations

from gatepost.name_hints import name_parts, word_list
from gatepost.observation.attempt.ordinary_users import OrdinaryUsers
from gatepost.observation.attempt.trial.results import Observations
from gatepost.observation.attempt.trial.witness import in_force
from gatepost.observation.plant.survey import FILES, Survey, tenant_claims
from gatepost.personas import Persona
from gatepost.schema import Table


def from_outside(record: Observations, ordinary: OrdinaryUsers, persona: Persona, table: Table) -> bool:
    """Return whether people outside may be intended to add rows to a table.

    Args:
        record: The trials.
        ordinary: Who owns rows.
        persona: Who added one.
        table: The table.
    """
    return _only_thrown_in(record, ordinary, table) or _may_be_sent(ordinary, persona, table)


def _only_thrown_in(record: Observations, ordinary: OrdinaryUsers, table: Table) -> bool:
    """Return whether rows are only thrown in, as feedback is: nobody reads them, and they need not name anyone."""
    if table.key in FILES or any(cell.rows for cell in record.readers(table.key).values()):
        return False
    named = ordinary.names_users(table)
    return not any(column.not_null for column in table.columns if column.name in named)


def _may_be_sent(ordinary: OrdinaryUsers, persona: Persona, table: Table) -> bool:
    """Return whether a table holds what people outside of a tenant send to it.

    The table's name says so, and so do its policies: the sender reads the row without being a member or, where a row
    names no sender, a policy for INSERT alone names `anon`.
    """
    survey, words = ordinary.survey, word_list("submission_tables")
    if not name_parts(table.name.split("_")[-1]) & words and "contact" not in name_parts(table.name):
        return False
    if table.key in {*FILES, *survey.teams.memberships} or not _addresses_a_tenant(survey, table):
        return False
    senders = ordinary.names_users(table)
    if senders:
        return bool(set(senders) & set(ordinary.owner_columns_checked(table, persona.role)))
    policies = [policy for policy in in_force(table, persona.role, "insert") if policy.permissive]
    return bool(policies) and all(policy.command == "insert" and "anon" in policy.roles for policy in policies)


def _addresses_a_tenant(survey: Survey, table: Table) -> bool:
    if any(key[:2] == table.key for key in tenant_claims(survey)):
        return True
    keys = [parent[:2] for child, parent in survey.keys.items() if child[:2] == table.key]
    return any(parent in survey.teams.tenants for parent in keys)
