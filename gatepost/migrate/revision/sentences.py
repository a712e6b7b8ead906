"""What a step is about, as a sentence: for `alembic check` and for the end of an upgrade."""

from __future__ import annotations

from gatepost.declare.declaration import PROTECTED
from gatepost.diff import TableRowSecurity
from gatepost.migrate.entities.privileges import AllRevoked, Privilege, ViewOptions
from gatepost.migrate.revision.steps import Step
from gatepost.schema import Policy


def sentence(step: Step) -> str:
    """Return what differs between the database and the declaration."""
    subject, before = step.subject, step.before
    table = f'"{".".join(step.table)}"'
    if isinstance(subject, Policy):
        if isinstance(before, Policy) and step.after is not None:
            return f'the policy "{subject.name}" on {table} differs: {_policy(before, subject)}'
        return f'the policy "{subject.name}" on {table} is {_where(step)}'
    if isinstance(subject, TableRowSecurity):
        if step.kind == "drop":
            return f"row security of {table} is on"
        wanted = "" if subject.state == PROTECTED else f", declared is {_state(subject)}"
        return f"row security of {table} is {_state(before)}{wanted}"
    if isinstance(subject, AllRevoked):
        return f"what was granted by default on {subject} is not revoked yet"
    if isinstance(subject, ViewOptions):
        live = before.options if isinstance(before, ViewOptions) else ()
        options, declared = (", ".join(found) or "none" for found in (live, subject.options))
        return f"the options of the view {table} differ: there are {options}, declared are {declared}"
    assert isinstance(subject, Privilege)  # noqa: S101  there is no other subject
    return f'"{subject.role}" has {"no " if step.kind == "create" else ""}{subject.held} on {subject}'


def _state(found: object) -> str:
    if not isinstance(found, TableRowSecurity) or not found.state.enabled:
        return "off"
    return "forced" if found.state.forced else "on but not forced"


def _where(step: Step) -> str:
    return "not in the database" if step.kind == "create" else "in the database and not declared"


def _policy(live: Policy, declared: Policy) -> str:
    parts = (
        ("command", live.command, declared.command),
        ("roles", ", ".join(live.roles), ", ".join(declared.roles)),
        ("permissive", live.permissive, declared.permissive),
        ("USING", live.using, declared.using),
        ("WITH CHECK", live.check, declared.check),
    )
    return "; ".join(f"{name} is {is_}, declared is {should}" for name, is_, should in parts if is_ != should)
