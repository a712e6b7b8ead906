"""The rule `drift`."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost import ddl
from gatepost.analysis.context import Context
from gatepost.diff import Change, TableGrants, TableRowSecurity
from gatepost.rules._declared_entities import entity_drift
from gatepost.rules._registry import Found, rule
from gatepost.schema import Grant, Policy

THROUGH_ALEMBIC = "-- or: alembic upgrade head; where the database is at head, alembic revision --autogenerate"


@rule(severity="error", decided_by="catalog")
def drift(context: Context) -> Iterator[Found]:
    """The database differs from the declaration in row security, a policy, a grant, a function or a view.

    ## Why is this bad?
    The reviewed policies are not the ones in force. Somebody changed the database by hand, or a migration did not run.
    """
    for change in context.drift():
        yield Found(
            _object(change),
            _message(context.place(change.table), change),
            ";\n".join(ddl.change_sql(change)) + f";\n{THROUGH_ALEMBIC}",
            detail=_detail(change),
        )
    for one in entity_drift(context):
        fix = "".join(f"{statement};\n" for statement in one.fix)
        yield Found(
            one.object, f'"{one.object}" differs from its declaration: {one.what}', fix + THROUGH_ALEMBIC, one.aspect
        )


def _object(change: Change) -> str:
    subject = change.subject
    return str(subject) if isinstance(subject, Policy) else ".".join(change.table)


def _detail(change: Change) -> str:
    if isinstance(change.subject, TableGrants):
        return "grants"
    return "row-security" if isinstance(change.subject, TableRowSecurity) else ""


def _message(place: str, change: Change) -> str:
    subject, before = change.subject, change.before
    table = f'"{".".join(change.table)}"'
    if isinstance(subject, TableGrants):
        return f"the grants on {table} differ from {place}: {_grants(change)}"
    if isinstance(subject, TableRowSecurity):
        if not subject.state.forced:
            return f"row security of {table} is {_state(before)} and should be {_state(subject)}, as {place} declares"
        return f"row security of {table} is {_state(before)}, although {place} protects it"
    if change.kind == "drop":
        return f'the policy "{subject.name}" on {table} is in the database but not declared'
    if change.kind == "create":
        return f'the policy "{subject.name}" on {table} is declared at {place} but not in the database'
    assert isinstance(before, Policy)  # noqa: S101  a policy replaces a policy
    return f'the policy "{subject.name}" on {table} differs from {place}: {_policy(before, subject)}'


def _state(found: object) -> str:
    if not isinstance(found, TableRowSecurity) or not found.state.enabled:
        return "off"
    return "forced" if found.state.forced else "on, but not forced"


def _policy(live: Policy, declared: Policy) -> str:
    parts = (
        ("command", live.command, declared.command),
        ("roles", ", ".join(live.roles), ", ".join(declared.roles)),
        ("permissive", live.permissive, declared.permissive),
        ("USING", live.using, declared.using),
        ("WITH CHECK", live.check, declared.check),
    )
    return "; ".join(f"{name} is {is_} and should be {should}" for name, is_, should in parts if is_ != should)


def _grants(change: Change) -> str:
    before = _held(change.before)
    after = _held(change.after)
    differences = [f"{grant} should not be there" for grant in sorted(before - after)]
    differences += [f"{grant} is missing" for grant in sorted(after - before)]
    return "; ".join(differences) or "the schema cannot be used"


def _held(found: object) -> set[str]:
    if not isinstance(found, TableGrants):
        return set()
    held = {_grant(grant, "") for grant in found.grants}
    return held | {_grant(grant, f" on sequence {name}") for _, name, grants in found.sequences for grant in grants}


def _grant(grant: Grant, where: str) -> str:
    column = f" ({grant.column})" if grant.column else ""
    return f"{grant.privilege}{column}{where} to {grant.grantee}"
