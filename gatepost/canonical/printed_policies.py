"""Declared policies as PostgreSQL prints them, and what could not be printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gatepost.finding import NotChecked
from gatepost.schema import Policy, Schema


@dataclass(frozen=True)
class Printed:
    """The printed policies; a declared one has the text of the live one if both have the same meaning."""

    policies: Mapping[Policy, Policy] = field(default_factory=dict)
    not_checked: tuple[NotChecked, ...] = ()


def twin(policy: Policy, live: Schema) -> Policy | None:
    """Return the live policy of the same table and name, or None."""
    table = live.table(policy.schema, policy.table)
    return next((one for one in table.policies if one.name == policy.name), None) if table is not None else None


def reading_like(policy: Policy, other: Policy | None) -> Policy:
    """Return a policy with the expressions of another, if there is one, so that they do not count as different."""
    return replace(policy, using=other.using, check=other.check) if other is not None else policy
