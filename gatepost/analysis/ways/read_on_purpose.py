"""Find evidence that a policy shows a table to all signed-in users on purpose."""

from __future__ import annotations

from gatepost.name_hints import is_secret, name_parts, word_list
from gatepost.schema import Policy, Schema, Table, is_platform

_ROLES = ("authenticated",)
_CALLER = "auth.uid()"


def said_purpose(live: Schema, table: Table) -> str:
    """Return what says that every row is for all signed-in users on purpose, or the empty string.

    One policy alone must be for reading, and for them. No column may hold a secret, an address, or a mark of private
    rows.

    Args:
        live: The database.
        table: The table that they read.
    """
    reading = [policy for policy in table.policies if policy.permissive and policy.command == "select"]
    if len(reading) != 1 or is_platform(table.schema) or not table.row_security.enabled:
        return ""
    policy = reading[0]
    if policy.roles != _ROLES or policy.using != "true" or _holds_what_is_private(table):
        return ""
    if name_parts(policy.name) & word_list("directory_policies"):
        return "The policy is named a directory"
    answers = next((child for child in live.tables if _answers(child, table)), None)
    return f'Other users answer these rows in "{answers}", which their owner reads' if answers is not None else ""


def _holds_what_is_private(table: Table) -> bool:
    names = {column.name for column in table.columns}
    personal = word_list("personal_columns")
    return bool(word_list("visibility_flags") & names) or any(
        is_secret(name, to_everybody=True) or name_parts(name) & personal for name in names
    )


def _answers(child: Table, parent: Table) -> bool:
    """Return whether everybody adds rows about a parent's in their own name, and its owner reads them."""
    columns = {
        column
        for constraint in child.constraints
        if constraint.references is not None and constraint.references[:2] == parent.key
        for column in constraint.columns
    }
    if not columns or child.key == parent.key or not child.row_security.enabled:
        return False
    policies = [policy for policy in child.policies if policy.permissive]
    adding = [policy for policy in policies if policy.command == "insert"]
    reading = [policy for policy in policies if policy.command == "select"]
    return (
        any(_in_own_name(policy, child, columns, parent) for policy in adding)
        and any(parent.key in {read.key for read in policy.reads} for policy in reading)
        and all(_CALLER in (policy.using or "") for policy in reading)
    )


def _in_own_name(policy: Policy, child: Table, to_parent: set[str], parent: Table) -> bool:
    """Return whether a policy checks who adds a row, and of the parent at most that its owner has not blocked them."""
    helpers = [read for read in policy.reads if read.kind == "function" and read.key[0] != "auth"]
    checked = {column for read in policy.reads if read.key == child.key for column in read.columns}
    blocks = all(name_parts(read.key[1]) & word_list("blocking_names") for read in helpers)
    asked = parent.key in {read.key for read in policy.reads} or bool(checked & to_parent and not helpers)
    return _CALLER in (policy.check or "") and bool(checked - to_parent) and blocks and not asked
